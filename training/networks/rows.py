"""How a row of the registry is made: one function a family, and the papers.

Whoever adds a family adds its function here and its rows in `registry.MODELS`.
"""

from __future__ import annotations

from training.networks.entries import ModelEntry, built_by, named_by
from training.networks.treatments import OWN

CONVNEXT = "Liu et al., A ConvNet for the 2020s, 2022 (arXiv 2201.03545)"
DENSENET = "Huang et al., Densely Connected Convolutional Networks, 2016 (arXiv 1608.06993)"
EFFICIENTNET = "Tan and Le, EfficientNet: Rethinking Model Scaling, 2019 (arXiv 1905.11946)"
EFFICIENTNET_V2 = "Tan and Le, EfficientNetV2: Smaller Models and Faster Training, 2021 (arXiv 2104.00298)"
INCEPTION_RESNET = "Szegedy et al., Inception-v4, Inception-ResNet, 2016 (arXiv 1602.07261)"
INCEPTION_V3 = "Szegedy et al., Rethinking the Inception Architecture, 2015 (arXiv 1512.00567)"
INCEPTION_V4 = (
    "Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, "
    "2016 (arXiv 1602.07261)"
)
MOBILENET = "Howard et al., MobileNets, 2017 (arXiv 1704.04861)"
MOBILENET_V2 = "Sandler et al., MobileNetV2: Inverted Residuals, 2018 (arXiv 1801.04381)"
MOBILENET_V3 = "Howard et al., Searching for MobileNetV3, 2019 (arXiv 1905.02244)"
NASNET = "Zoph et al., Learning Transferable Architectures, 2017 (arXiv 1707.07012)"
RESNET_V1 = "He et al., Deep Residual Learning for Image Recognition, 2015 (arXiv 1512.03385)"
RESNET_V2 = "He et al., Identity Mappings in Deep Residual Networks, 2016 (arXiv 1603.05027)"
VGG = (
    "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014 "
    "(arXiv 1409.1556)"
)
VIT = "Dosovitskiy et al., An Image is Worth 16x16 Words, 2020 (arXiv 2010.11929)"
XCEPTION = "Chollet, Xception: Depthwise Separable Convolutions, 2016 (arXiv 1610.02357)"


def inception_v4(*, auxiliary: bool) -> ModelEntry:
    """Return the row of Inception v4."""
    return ModelEntry(
        build=built_by("inception_v4", "build_inception_v4", auxiliary=auxiliary),
        family="inception_v4",
        default_size=299,
        # The last pooling needs a map of 3 x 3 before it, the auxiliary one a map of 5 x 5.
        minimum_size=107 if auxiliary else 75,
        treatment="inception",
        summary="Inception v4, TF-slim's form" + (", with the auxiliary classifier" if auxiliary else ""),
        source=INCEPTION_V4,
        auxiliary=auxiliary,
        checkpoint_form="tf_slim",
        checkpoint_names=named_by("inception_v4"),
    )


def resnet_native(size: int, *, version: int) -> ModelEntry:
    """Return the row of an official TensorFlow ResNet."""
    return ModelEntry(
        build=built_by("resnet_native", "build_resnet_native", size=size, version=version),
        family="resnet_native",
        default_size=224,
        minimum_size=32,
        treatment="native",
        summary=f"ResNet-{size} v{version}, official TensorFlow form (stride in the first unit, no biases)",
        source=RESNET_V2 if version == 2 else RESNET_V1,
        checkpoint_form="tf_native",
        checkpoint_names=named_by("resnet_native"),
    )


def resnet_slim(size: int) -> ModelEntry:
    """Return the row of one of TF-slim's ResNets v2."""
    return ModelEntry(
        build=built_by("resnet_slim", "build_resnet_slim", size=size),
        family="resnet_slim",
        default_size=224,
        minimum_size=32,
        treatment="vgg",
        summary=f"ResNet-{size} v2, TF-slim's form (stride in the last unit, biases)",
        source=RESNET_V2,
        checkpoint_form="tf_slim",
        checkpoint_names=named_by("resnet_slim", size=size),
    )


def resnet_timm(size: int) -> ModelEntry:
    """Return the row of one of timm's ResNets v2."""
    return ModelEntry(
        build=built_by("resnet_timm", "build_resnet_timm", size=size),
        family="resnet_timm",
        default_size=224,
        minimum_size=32,
        treatment="inception",
        summary=f"ResNet-{size} v2, timm's form with batch norm (symmetric pool padding, no biases)",
        source=RESNET_V2,
        checkpoint_form="timm",
        checkpoint_names=named_by("resnet_timm"),
    )


def resnet_torchvision(size: int) -> ModelEntry:
    """Return the row of one of torchvision's ResNets."""
    return ModelEntry(
        build=built_by("resnet_torchvision", "build_resnet_torchvision", size=size),
        family="resnet_torchvision",
        default_size=224,
        minimum_size=32,
        treatment="imagenet",
        summary=f"ResNet-{size}, torchvision's form (stride on the 3x3, symmetric padding)",
        source=RESNET_V1,
        checkpoint_form="torchvision",
        checkpoint_names=named_by("resnet_torchvision"),
    )


def vgg11(*, batch_norm: bool) -> ModelEntry:
    """Return the row of VGG-11."""
    return ModelEntry(
        build=built_by("vgg11", "build_vgg11", batch_norm=batch_norm),
        family="vgg11",
        default_size=224,
        minimum_size=32,
        treatment="imagenet",
        summary="VGG-11, torchvision's form" + (", with batch norm" if batch_norm else ""),
        source=VGG,
        checkpoint_form="torchvision",
        checkpoint_names=named_by("vgg11"),
    )


def vit(size: str, width: int) -> ModelEntry:
    """Return the row of a vision transformer."""
    return ModelEntry(
        build=built_by("vit", "build_vit", width=width),
        family="vit",
        default_size=224,
        minimum_size=32,
        treatment="inception",
        summary=f"vision transformer, {size}: 12 blocks of width {width}, patches of 16 pixels, averaged",
        source=VIT,
    )


def application(
    function: str,
    treatment: str,
    source: str,
    *,
    size: int = 224,
    smallest: int = 32,
    own_treatment: bool = False,
    fixed_treatment: bool = False,
    dropout: float = 0.0,
) -> ModelEntry:
    """Return the row of a network of keras.applications.

    Args:
        function: its name there.
        treatment: of the input, as its ImageNet weights want it; "own" where it is built in.
        source: the paper.
        size: default side, in pixels.
        smallest: legal side, in pixels.
        own_treatment: Keras' function can leave its own treatment out (`include_preprocessing`).
        fixed_treatment: Keras' function cannot.
        dropout: before the logits.
    """
    return ModelEntry(
        build=built_by(
            "applications",
            "build_application",
            function=function,
            own_treatment=own_treatment,
            own_dropout=dropout,
        ),
        family="applications",
        default_size=size,
        minimum_size=smallest,
        treatment=treatment,
        summary=f"{function} of keras.applications",
        source=source,
        imagenet=True,
        fixed_treatment=fixed_treatment,
    )


def convnext(size: str) -> ModelEntry:
    """Return the row of a ConvNeXt."""
    return application(f"ConvNeXt{size}", "imagenet", CONVNEXT, own_treatment=True)


def efficientnet(number: int, size: int, dropout: float) -> ModelEntry:
    """Return the row of an EfficientNet."""
    return application(
        f"EfficientNetB{number}", OWN, EFFICIENTNET, size=size, fixed_treatment=True, dropout=dropout
    )


def efficientnet_v2(name: str, size: int) -> ModelEntry:
    """Return the row of an EfficientNetV2."""
    return application(
        f"EfficientNetV2{name}", OWN, EFFICIENTNET_V2, size=size, own_treatment=True, dropout=0.2
    )
