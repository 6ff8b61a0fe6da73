"""Networks: one file a family, each a flat functional Keras 3 model, and the registry of all.

In: a picture size, a number of channels and of classes, a head. Out: a Keras model from pictures of
0..255 to logits, with its input treatment as its first layers and its last spatial feature map under
the name `feature_map`.
May import: Keras; nothing of other rooms but foundation. A new family is a new file here, a function in
`rows` and a row in `registry.MODELS`; models are never nested, so that Grad-CAM finds every layer, and
made of Keras' own layers only, so that a saved one opens without us.
"""
