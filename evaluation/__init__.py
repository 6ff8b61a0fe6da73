"""Evaluation: predictions and labels to numbers that can be defended.

In: an artifact and a split of a record set (through `inference.predictor`), after that plain arrays.
Out: a report folder with `metrics.json`, `cases.csv`, `confusion_matrix.png` and `lineage.json`.
May import: inference, training, preprocessing, database, foundation; of the libraries numpy,
scikit-learn and matplotlib, never TensorFlow or Keras. A new figure of merit gets a module of its own that
takes arrays, and a line in `evaluation.summaries`.
"""
