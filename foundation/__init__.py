"""Foundation: what every room stands on.

In: nothing but the standard library and pydantic. Out: the error tree, the bases of configs and
reports, the executor and progress protocols, atomic files, fingerprints, keys and lineage.
May import: no other room. A new thing belongs here only when two rooms need it and neither may
know the other; give it a module of its own.
"""
