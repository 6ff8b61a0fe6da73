"""Components: which things hang together, joined one picture at a time, and where they may go.

A node is anything that two pictures can share: a patient, a study, identical pixels, a site. A
picture joins all its nodes. Each component knows the splits that it may still go to; joining two
leaves those that both may go to, and a join that would leave none is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Node = tuple[str, str]
"""What kind of thing (`patient`, `study`, `pixels`, ...), and its key."""


class Components:
    """Nodes in components, each with the splits that it may go to.

    Args:
        splits: every split that there is.
        held: nodes whose split is settled; they are never moved.

    Example:
        >>> components = Components(("train", "test"), held={("patient", "a"): "test"})
        >>> components.join([("patient", "a"), ("pixels", "1")])
        True
        >>> components.allowed(("pixels", "1"))
        frozenset({'test'})
    """

    def __init__(self, splits: Iterable[str], *, held: Mapping[Node, str] | None = None) -> None:
        self._all = frozenset(splits)
        self._parents: dict[Node, Node] = {}
        self._sizes: dict[Node, int] = {}
        self._allowed: dict[Node, frozenset[str]] = {}
        for node, split in (held or {}).items():
            self._parents[node] = node
            self._allowed[node] = frozenset({split})

    def root(self, node: Node) -> Node:
        """Return the node that stands for the component, shortening the path on the way."""
        parents = self._parents
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    def allowed(self, node: Node) -> frozenset[str]:
        """Return the splits that the node's component may go to."""
        return self._allowed.get(self.root(node), self._all)

    def join(self, nodes: Sequence[Node], *, allowed: frozenset[str] | None = None) -> bool:
        """Make the nodes one component, unless that leaves no split for it.

        Args:
            nodes: at least one.
            allowed: the splits that the joining picture may go to; None for all.

        Returns:
            Whether they were joined; if not, nothing was changed.
        """
        roots = list(dict.fromkeys(self.root(node) for node in nodes))
        shared = self._all if allowed is None else allowed
        for root in roots:
            shared = shared & self._allowed.get(root, self._all)
        if not shared:
            return False
        largest = max(roots, key=lambda root: self._sizes.get(root, 1))
        for root in roots:
            if root != largest:
                self._parents[root] = largest
                self._sizes[largest] = self._sizes.get(largest, 1) + self._sizes.pop(root, 1)
                self._allowed.pop(root, None)
        if shared != self._all:
            self._allowed[largest] = shared
        return True
