"""Our parameters' names in the published checkpoints."""

import re
from collections.abc import Callable

Rule = tuple[str, str | Callable[[re.Match[str]], str]]

_SHORTCUT: tuple[Rule, ...] = (
    (r"\.shortcut\.conv\.", ".downsample.0."),
    (r"\.shortcut\.norm\.", ".downsample.1."),
)


def _stage(match: re.Match[str]) -> str:
    return f"model.layer{int(match[1]) + 1}."


def _hourglass(match: re.Match[str]) -> str:
    level = 4 - match[1].count(".inner")
    if level == 0:
        return "model.m0.b2_plus_1."
    side = {"skip": "b1", "before": "b2", "after": "b3"}[match[2]]
    return f"model.m0.{side}_{level}."


def _unit(match: re.Match[str]) -> str:
    kind = {"norm": "bn", "conv": "conv"}[match[2]]
    return f".{kind}{int(match[1]) + 1}."


APPEARANCE: tuple[Rule, ...] = (
    (r"^stem\.conv\.", "model.conv1."),
    (r"^stem\.norm\.", "model.bn1."),
    (r"^stages\.(\d+)\.", _stage),
    (r"\.reduce\.conv\.", ".conv1."),
    (r"\.reduce\.norm\.", ".bn1."),
    (r"\.spatial\.conv\.", ".conv2."),
    (r"\.spatial\.norm\.", ".bn2."),
    (r"\.expand\.conv\.", ".conv3."),
    (r"\.expand\.norm\.", ".bn3."),
    *_SHORTCUT,
    (r"^to_map\.", "conv1x1."),
)
MOTION: tuple[Rule, ...] = (
    (r"^trunk\.hourglass((?:\.inner)*)\.(skip|before|after|(?=units))\.?", _hourglass),
    (r"^trunk\.stem\.conv\.", "model.conv1."),
    (r"^trunk\.stem\.norm\.", "model.bn1."),
    (r"^trunk\.first\.", "model.conv2."),
    (r"^trunk\.second\.", "model.conv3."),
    (r"^trunk\.third\.", "model.conv4."),
    (r"^trunk\.top\.", "model.top_m_0."),
    (r"^trunk\.last\.conv\.", "model.conv_last0."),
    (r"^trunk\.last\.norm\.", "model.bn_end0."),
    (r"^trunk\.maps\.conv\.", "model.l0."),
    (r"^trunk\.maps\.norm\.", "model.bn5."),
    (r"^trunk\.merge\.", "model.conv6."),
    (r"^trunk\.project\.", "model.fc."),
    (r"\.units\.(\d)\.(norm|conv)\.", _unit),
    (r"\.shortcut\.norm\.", ".downsample.0."),
    (r"\.shortcut\.conv\.", ".downsample.2."),
    (r"^pose\.", "headpose."),
    (r"^eyes\.", "eye."),
    (r"^expression\.", "emo."),
    (r"^(\w+)\.enter\.", r"to_\1.0."),
    (r"^(\w+)\.norm\.", r"to_\1.2."),
    (r"^(\w+)\.leave\.", r"to_\1.3."),
    (r"^(\w+)\.code\.", r"\1_embed.1."),
)
AUDIO: tuple[Rule, ...] = (
    (r"^stem\.", "model.conv1."),
    (r"^stem_norm\.", "model.bn1."),
    (r"^stages\.(\d+)\.", _stage),
    (r"^pooling\.enter\.", "model.attention.0."),
    (r"\.enter\.", ".conv1."),
    (r"\.enter_norm\.", ".bn1."),
    (r"\.leave\.conv\.", ".conv2."),
    (r"\.leave\.norm\.", ".bn2."),
    (r"\.excitation\.squeeze\.", ".se.fc.0."),
    (r"\.excitation\.excite\.", ".se.fc.2."),
    *_SHORTCUT,
    (r"^pooling\.norm\.", "model.attention.2."),
    (r"^pooling\.leave\.", "model.attention.3."),
    (r"^project\.", "model.fc."),
    (r"^mouth\.", "mouth_embed.1."),
)
GENERATOR: tuple[Rule, ...] = (
    (r"^first\.", "conv1."),
    (r"^first_to_rgb\.", "to_rgb1."),
    (r"^scales\.(\d+)\.up\.", lambda match: f"convs.{2 * int(match[1])}."),
    (r"^scales\.(\d+)\.same\.", lambda match: f"convs.{2 * int(match[1]) + 1}."),
    (r"^scales\.(\d+)\.to_rgb\.", r"to_rgbs.\1."),
    (r"^(to_rgb.*)\.weight$", r"\1.conv.weight"),
    (r"^(conv.*)\.bias$", r"\1.activate.bias"),
    (r"\.noise_gain$", ".noise.weight"),
)


def rename(name: str, rules: tuple[Rule, ...]) -> str:
    """Applies every rule in turn."""
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name
