"""Checkpoints: weights of other programs brought in by name, and written back under TensorFlow 1's names.

In: a file or folder of weights and a network's name. Out: an artifact, or a Keras file, or nothing and
the reason; never a half-loaded model.
May import: the rest of training; what reads one format stays in one module (`tf1_files`,
`safetensors_files`, `keras_files`). A new format is a module that gives a `sources.Weights` and a row in
`opening.OPENERS`; a new naming is a function in `names`.
"""
