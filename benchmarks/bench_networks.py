"""Pictures a second of two networks on the processor, beside the same networks of timm on PyTorch.

Run it from the repository root, alone on the machine: `python benchmarks/bench_networks.py [--quick]`.
PyTorch and timm are compared with where they can be imported; they are no dependencies of dicomill, so put
another environment's packages behind its own: `PYTHONPATH=ENVIRONMENT/lib/python3.11/site-packages`. Where
they are not there, that is said, and nothing is compared.

ResNet-50 v2 at 224 pixels in batches of 16 and Inception v4 at 299 in batches of 8: prediction, and one
step of training (loss, gradients, SGD with momentum). Each side has a process of its own and takes turns
with the other; the best of several rounds counts, compilation and the first steps left out.
Ours: float32 weights, oneDNN kernels in bfloat16 by TensorFlow's graph rewriting
(`auto_mixed_precision_onednn_bfloat16`), or float32 where the processor has no bfloat16. Theirs: autocast
to bfloat16, channels last. Targets, of timm's rate: at least 1.0 in prediction, 0.85 in training.
Then it tells where the time of a training step goes, by operation.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import platform
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

# Ours, timm's, side, batch.
CASES = (
    ("resnet_v2_50", "resnetv2_50", 224, 16),
    ("inception_v4", "inception_v4", 299, 8),
)
TARGETS = {"prediction": 1.0, "training": 0.85}
NUM_CLASSES = 15
ROUNDS, QUICK_ROUNDS = 5, 2
STEPS, QUICK_STEPS = 4, 1
PROFILED_LINES = 10
# Words of /proc/cpuinfo that say the processor multiplies bfloat16 itself.
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}

OPERATION = re.compile(r"[^:\s]+:(?P<kind>_?[A-Z]\w+)")

Step = Callable[[], object]
Steps = dict[str, Step]


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 itself."""
    file = Path("/proc/cpuinfo")
    words = set(file.read_text(encoding="utf-8").split()) if file.is_file() else set()
    return bool(words & BFLOAT16_FLAGS)


def our_steps(name: str, side: int, batch: int) -> Steps:
    """Return prediction and training of one of our networks, as graphs."""
    from training.tensorflow_setup import import_tensorflow

    tf = import_tensorflow()
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": has_bfloat16()})
    import keras

    from training.fused_norms import fuse_batch_norms
    from training.networks.registry import build_model

    model = build_model(name, height=side, width=side, channels=3, num_classes=NUM_CLASSES)
    fuse_batch_norms(model)
    optimizer = keras.optimizers.SGD(1e-3, momentum=0.9)
    optimizer.build(model.trainable_variables)
    rng = np.random.default_rng(0)
    pictures = tf.constant(rng.uniform(0, 255, (batch, side, side, 3)).astype(np.float32))
    labels = tf.constant(rng.integers(0, NUM_CLASSES, batch))

    @tf.function
    def predict() -> Any:
        return model(pictures, training=False)

    @tf.function
    def train() -> Any:
        variables = model.trainable_variables
        with tf.GradientTape() as tape:
            logits = tf.cast(model(pictures, training=True), tf.float32)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return {"prediction": lambda: predict().numpy(), "training": lambda: train().numpy()}


def their_steps(name: str, side: int, batch: int) -> Steps:
    """Return prediction and training of one of timm's networks, in bfloat16 and channels last."""
    import timm
    import torch

    torch.set_num_threads(multiprocessing.cpu_count())
    torch.manual_seed(0)
    model = timm.create_model(name, pretrained=False, num_classes=NUM_CLASSES)
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    pictures = torch.rand(batch, 3, side, side).to(memory_format=torch.channels_last)
    labels = torch.randint(0, NUM_CLASSES, (batch,))

    def predict() -> Any:
        model.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            return model(pictures).float().numpy()

    def train() -> float:
        model.train()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(pictures)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return {"prediction": predict, "training": train}


SIDES: dict[str, Callable[[str, int, int], Steps]] = {"dicomill": our_steps, "timm": their_steps}


def serve(whose: str, case: tuple[str, int, int], connection: Connection) -> None:
    """Time steps as they are asked for, in a process that holds one library only."""
    steps = SIDES[whose](*case)
    for step in steps.values():
        step()
        step()
    connection.send("ready")
    while (order := connection.recv()) is not None:
        kind, count = order
        if kind == "profile":
            connection.send(profile(steps["training"]))
            continue
        start = time.perf_counter()
        for _ in range(count):
            steps[kind]()
        connection.send(case[2] * count / (time.perf_counter() - start))


def profile(step: Step) -> dict[str, float]:
    """Return the seconds that each kind of operation took in one step, over all threads."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        step()
        tf.profiler.experimental.stop()
        traced = next(Path(folder).rglob("*.xplane.pb")).read_bytes()
    seconds: Counter[str] = Counter()
    for plane in xplane_pb2.XSpace.FromString(traced).planes:
        for line in plane.lines:
            for event in line.events:
                # An operation is told as `place/in/the/graph:Kind`.
                name = plane.event_metadata[event.metadata_id].name
                found = OPERATION.fullmatch(name)
                if found:
                    seconds[found["kind"]] += event.duration_ps / 1e12
    return dict(seconds.most_common())


class Contestant:
    """One library with one network, in a process of its own."""

    def __init__(self, whose: str, name: str, side: int, batch: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(whose, (name, side, batch), theirs))
        self._process.start()
        theirs.close()
        self._connection.recv()

    def ask(self, kind: str, count: int = 1) -> Any:
        """Return pictures a second of some steps, or the profile of one."""
        self._connection.send((kind, count))
        return self._connection.recv()

    def stop(self) -> None:
        """End the process."""
        self._connection.send(None)
        self._process.join()


def run_case(case: tuple[str, str, int, int], *, compared: bool, quick: bool) -> None:
    """Print the rates of one network, and where our time goes."""
    ours, theirs, side, batch = case
    contestants = {"dicomill": Contestant("dicomill", ours, side, batch)}
    if compared:
        contestants["timm"] = Contestant("timm", theirs, side, batch)
    best: dict[tuple[str, str], float] = {}
    for _ in range(QUICK_ROUNDS if quick else ROUNDS):
        for kind in TARGETS:
            for whose, contestant in contestants.items():
                rate = contestant.ask(kind, QUICK_STEPS if quick else STEPS)
                best[whose, kind] = max(best.get((whose, kind), 0.0), rate)
    print(f"\n{ours}, {side} pixels, batches of {batch}")
    for kind, target in TARGETS.items():
        line = f"  {kind:<11} dicomill {best['dicomill', kind]:7.2f} pictures/s"
        if compared:
            ratio = best["dicomill", kind] / best["timm", kind]
            line += f", timm {best['timm', kind]:7.2f}, ratio {ratio:.2f} (target {target})"
            line += "" if ratio >= target else "  MISSED"
        print(line)
    print_profile(contestants["dicomill"].ask("profile"))
    for contestant in contestants.values():
        contestant.stop()


def print_profile(spent: dict[str, float]) -> None:
    """Print where a training step's time goes."""
    total = sum(spent.values())
    largest = list(spent.items())[:PROFILED_LINES]
    shares = ", ".join(f"{kind} {seconds / total:.0%}" for kind, seconds in largest)
    print(f"  a training step by operation, of the time of all threads: {shares}")


def main() -> None:
    """Run the cases and print rates beside the targets."""
    parser = argparse.ArgumentParser(description="Pictures a second of two networks, beside timm's.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a look")
    quick = parser.parse_args().quick
    compared = all(importlib.util.find_spec(name) is not None for name in ("torch", "timm"))
    precision = "bfloat16 in oneDNN kernels, weights in float32" if has_bfloat16() else "float32"
    print(f"{multiprocessing.cpu_count()} cores, {platform.machine()}; dicomill computes in {precision}")
    if compared:
        print("timm on PyTorch: autocast to bfloat16, channels last")
    else:
        print("Not compared: torch and timm cannot be imported here.")
    for case in CASES:
        run_case(case, compared=compared, quick=quick)


if __name__ == "__main__":
    main()
