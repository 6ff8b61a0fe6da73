"""Every network that can be trained by name.

Nothing here imports Keras before a model is built, so names and sizes can be read and checked
without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foundation.errors import ConfigError
from foundation.registries import look_up
from training.networks import rows
from training.networks.entries import KerasModel, ModelEntry, built_by
from training.networks.head_config import HeadConfig
from training.networks.plan import ChannelOrder, ModelPlan
from training.networks.treatments import OWN, TREATMENTS

MODELS: dict[str, ModelEntry] = {
    "convnext_base": rows.convnext("Base"),
    "convnext_large": rows.convnext("Large"),
    "convnext_small": rows.convnext("Small"),
    "convnext_tiny": rows.convnext("Tiny"),
    "convnext_xlarge": rows.convnext("XLarge"),
    "densenet121": rows.application("DenseNet121", "imagenet", rows.DENSENET),
    "densenet169": rows.application("DenseNet169", "imagenet", rows.DENSENET),
    "densenet201": rows.application("DenseNet201", "imagenet", rows.DENSENET),
    "efficientnet_b0": rows.efficientnet(0, 224, 0.2),
    "efficientnet_b1": rows.efficientnet(1, 240, 0.2),
    "efficientnet_b2": rows.efficientnet(2, 260, 0.3),
    "efficientnet_b3": rows.efficientnet(3, 300, 0.3),
    "efficientnet_b4": rows.efficientnet(4, 380, 0.4),
    "efficientnet_b5": rows.efficientnet(5, 456, 0.4),
    "efficientnet_b6": rows.efficientnet(6, 528, 0.5),
    "efficientnet_b7": rows.efficientnet(7, 600, 0.5),
    "efficientnet_v2_b0": rows.efficientnet_v2("B0", 224),
    "efficientnet_v2_b1": rows.efficientnet_v2("B1", 240),
    "efficientnet_v2_b2": rows.efficientnet_v2("B2", 260),
    "efficientnet_v2_b3": rows.efficientnet_v2("B3", 300),
    "efficientnet_v2_l": rows.efficientnet_v2("L", 480),
    "efficientnet_v2_m": rows.efficientnet_v2("M", 480),
    "efficientnet_v2_s": rows.efficientnet_v2("S", 384),
    "inception_resnet_v2": rows.application(
        "InceptionResNetV2", "inception", rows.INCEPTION_RESNET, size=299, smallest=75
    ),
    "inception_v3": rows.application("InceptionV3", "inception", rows.INCEPTION_V3, size=299, smallest=75),
    "inception_v4": rows.inception_v4(auxiliary=False),
    "inception_v4_aux": rows.inception_v4(auxiliary=True),
    "lenet5": ModelEntry(
        build=built_by("lenet5", "build_lenet5"),
        family="lenet5",
        default_size=64,
        minimum_size=28,
        treatment="unit",
        summary="LeNet-5 with ReLU, for any size: small, quick, a good first look at the records",
        source="LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, II.B",
    ),
    "mobilenet": rows.application("MobileNet", "inception", rows.MOBILENET, dropout=0.001),
    "mobilenet_v2": rows.application("MobileNetV2", "inception", rows.MOBILENET_V2),
    "mobilenet_v3_large": rows.application(
        "MobileNetV3Large", "inception", rows.MOBILENET_V3, own_treatment=True, dropout=0.2
    ),
    "mobilenet_v3_small": rows.application(
        "MobileNetV3Small", "inception", rows.MOBILENET_V3, own_treatment=True, dropout=0.2
    ),
    "nasnet_large": rows.application("NASNetLarge", "inception", rows.NASNET, size=331),
    "nasnet_mobile": rows.application("NASNetMobile", "inception", rows.NASNET),
    "resnet_101_torchvision": rows.resnet_torchvision(101),
    "resnet_152_torchvision": rows.resnet_torchvision(152),
    "resnet_18_torchvision": rows.resnet_torchvision(18),
    "resnet_34_torchvision": rows.resnet_torchvision(34),
    "resnet_50_torchvision": rows.resnet_torchvision(50),
    "resnet_v1_101_keras": rows.application("ResNet101", "caffe", rows.RESNET_V1),
    "resnet_v1_101_native": rows.resnet_native(101, version=1),
    "resnet_v1_152_keras": rows.application("ResNet152", "caffe", rows.RESNET_V1),
    "resnet_v1_152_native": rows.resnet_native(152, version=1),
    "resnet_v1_18_native": rows.resnet_native(18, version=1),
    "resnet_v1_200_native": rows.resnet_native(200, version=1),
    "resnet_v1_34_native": rows.resnet_native(34, version=1),
    "resnet_v1_50_keras": rows.application("ResNet50", "caffe", rows.RESNET_V1),
    "resnet_v1_50_native": rows.resnet_native(50, version=1),
    "resnet_v2_101": rows.resnet_slim(101),
    "resnet_v2_101_keras": rows.application("ResNet101V2", "inception", rows.RESNET_V2),
    "resnet_v2_101_native": rows.resnet_native(101, version=2),
    "resnet_v2_101_timm": rows.resnet_timm(101),
    "resnet_v2_152": rows.resnet_slim(152),
    "resnet_v2_152_keras": rows.application("ResNet152V2", "inception", rows.RESNET_V2),
    "resnet_v2_152_native": rows.resnet_native(152, version=2),
    "resnet_v2_152_timm": rows.resnet_timm(152),
    "resnet_v2_18_native": rows.resnet_native(18, version=2),
    "resnet_v2_200": rows.resnet_slim(200),
    "resnet_v2_200_native": rows.resnet_native(200, version=2),
    "resnet_v2_34_native": rows.resnet_native(34, version=2),
    "resnet_v2_50": rows.resnet_slim(50),
    "resnet_v2_50_keras": rows.application("ResNet50V2", "inception", rows.RESNET_V2),
    "resnet_v2_50_native": rows.resnet_native(50, version=2),
    "resnet_v2_50_timm": rows.resnet_timm(50),
    "vgg11": rows.vgg11(batch_norm=False),
    "vgg11_bn": rows.vgg11(batch_norm=True),
    "vgg16": rows.application("VGG16", "caffe", rows.VGG),
    "vgg19": rows.application("VGG19", "caffe", rows.VGG),
    "vit_small_16": rows.vit("small", 384),
    "vit_tiny_16": rows.vit("tiny", 192),
    "xception": rows.application("Xception", "inception", rows.XCEPTION, size=299, smallest=71),
}


def model_entry(name: str) -> ModelEntry:
    """Return what is known of a network before it is built.

    Args:
        name: a key of MODELS; or, for a backbone of one's own, a `.keras` file or `module:function`.

    Raises:
        UnknownNameError: no such network.

    Example:
        >>> model_entry("lenet5").minimum_size
        28
    """
    if name in MODELS or not (name.endswith(".keras") or ":" in name):
        return look_up(MODELS, name, kind="model")
    return ModelEntry(
        build=built_by("backbones", "build_backbone", place=name),
        family="backbones",
        default_size=224,
        minimum_size=1,
        treatment="none",
        summary=f"a backbone of one's own: {told_name(name)}",
        source="outside of dicomill",
    )


def build_model(
    name: str,
    *,
    height: int,
    width: int,
    channels: int,
    num_classes: int,
    weight_decay: float = 0.0,
    head: HeadConfig | None = None,
    treatment: str | None = None,
    weights: str | None = None,
    classes: Sequence[str] = (),
    channel_order: ChannelOrder = "channels_last",
) -> KerasModel:
    """Build a network with fresh weights, or with ImageNet's where Keras offers them.

    Args:
        name: a key of MODELS, a `.keras` file or `module:function`.
        height: of the input, in pixels.
        width: of the input, in pixels.
        channels: 1 (grey) or 3 (RGB).
        num_classes: number of logits.
        weight_decay: the loss gains weight_decay * sum(w^2) / 2 over kernels.
        head: from the feature map to the logits; None for the paper's.
        treatment: of the input, a key of `treatments.TREATMENTS`; None or "own" for the network's.
        weights: "imagenet", or None.
        classes: names in index order, needed where the head names parents.
        channel_order: that a backbone of one's own works in.

    Returns:
        A model from float32 pictures [batch, height, width, channels] of 0..255 to logits
        [batch, num_classes]; with an auxiliary classifier to [logits, auxiliary logits]. The layer
        `feature_map` gives the last spatial feature map.

    Raises:
        UnknownNameError: no such network or treatment.
        ConfigError: the size, channels, number of classes, head or weights do not fit it.
        TrainingError: ImageNet's weights cannot be fetched.
    """
    entry = model_entry(name)
    head = head or HeadConfig()
    check_input(name, height=height, width=width, channels=channels)
    if num_classes < 1:
        raise ConfigError(f"A model needs at least one class. Received: {num_classes}")
    _check_weights(name, entry, weights)
    check_parents(head, classes if head.parents else ())
    return entry.build(
        ModelPlan(
            name=name if name in MODELS else "backbone",
            height=height,
            width=width,
            channels=channels,
            num_classes=num_classes,
            weight_decay=weight_decay,
            treatment=_treatment(name, entry, treatment),
            head=head,
            classes=tuple(classes),
            weights=weights,
            channel_order=channel_order,
        )
    )


def told_name(name: str) -> str:
    """Return a model's name for what is written: of a backbone's file the last part only, never the folder.

    Example:
        >>> told_name("somewhere/cxr.keras"), told_name("lenet5")
        ('cxr.keras', 'lenet5')
    """
    return Path(name).name if name.endswith(".keras") else name


def check_input(name: str, *, height: int, width: int, channels: int) -> None:
    """Refuse an input that the network cannot take, before anything is built.

    Raises:
        UnknownNameError: no such network.
        ConfigError: too small, or neither 1 nor 3 channels.

    Example:
        >>> check_input("lenet5", height=64, width=64, channels=1)
    """
    smallest = model_entry(name).minimum_size
    if min(height, width) < smallest:
        raise ConfigError(
            f"{name} takes pictures of at least {smallest} x {smallest} pixels. "
            f"Choose a larger image size. Received: {height} x {width}"
        )
    if channels not in (1, 3):
        raise ConfigError(f"{name} takes 1 channel (grey) or 3 (RGB). Received: {channels}")


def check_parents(head: HeadConfig, classes: Sequence[str]) -> None:
    """Refuse parents that are no classes, or that softmax could not honour.

    Raises:
        ConfigError: naming the first class that is none.

    Example:
        >>> check_parents(HeadConfig(parents={"edema": "lung"}), ["edema", "lung"])
    """
    if not head.parents:
        return
    if head.activation == "softmax":
        raise ConfigError("Hierarchical labels need sigmoids: under softmax classes exclude each other.")
    named = [*head.parents, *head.parents.values()]
    missing = next((name for name in named if name not in classes), None)
    if missing is not None:
        raise ConfigError(
            f'"{missing}" in the parents of the head is not a class. '
            f"Expected names of these: {', '.join(classes) or 'none given'}."
        )


def _check_weights(name: str, entry: ModelEntry, weights: str | None) -> None:
    if weights is None:
        return
    if weights != "imagenet":
        raise ConfigError(f'Weights are "imagenet" or fresh. Received: "{weights}".')
    if not entry.imagenet:
        offered = ", ".join(each for each, row in MODELS.items() if row.imagenet)
        raise ConfigError(
            f"Keras offers no ImageNet weights for {name}. Train with fresh ones, or take one of: {offered}."
        )


def _treatment(name: str, entry: ModelEntry, treatment: str | None) -> str:
    """Return the name of the input treatment, the network's own unless another one was asked for."""
    if treatment in (None, OWN, entry.treatment):
        return entry.treatment
    if entry.fixed_treatment:
        raise ConfigError(f"{name} brings its own input treatment; no other can be put before it.")
    look_up(TREATMENTS, treatment, kind="input treatment")
    return treatment
