"""How rows of the registry are made."""

from __future__ import annotations

from training.networks import rows


def test_the_auxiliary_classifier_needs_a_larger_picture():
    """Its pooling wants a map of 5 x 5, the last one a map of 3 x 3."""
    assert rows.inception_v4(auxiliary=False).minimum_size == 75
    assert rows.inception_v4(auxiliary=True).minimum_size == 107


def test_a_row_says_whose_checkpoints_fit():
    """Slim's, the official ones, torchvision's, or nobody's."""
    assert rows.resnet_slim(50).checkpoint_form == "tf_slim"
    assert rows.resnet_native(50, version=1).checkpoint_form == "tf_native"
    assert rows.resnet_torchvision(50).checkpoint_form == "torchvision"
    assert rows.application("VGG16", "caffe", rows.VGG).checkpoint_form is None


def test_only_rows_of_keras_applications_have_imagenet_weights():
    """Which Keras offers for each of them."""
    assert rows.convnext("Tiny").imagenet
    assert not rows.vit("tiny", 192).imagenet
