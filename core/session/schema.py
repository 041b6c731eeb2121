"""Document ↔ plain JSON data, with a version per object and nothing foreign lost.

Every object carries `"schema": "Name.version"`. An older version is brought up to date on the
plain data before any object exists; a newer one is refused. Keys and objects that this version
does not know survive a round trip unchanged.
"""

import dataclasses
import json
import sys
import types
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any, Final, Union

from core.base.errors import SessionError
from core.base.time import parse_number
from core.timeline.curve import Curve, Extend, Handle, Handles, Interpolation, Key
from core.timeline.document import Document
from core.timeline.extensible import Extensible
from core.timeline.source import Cue, UnknownParams

Json = dict[str, Any]
Upgrade = Callable[[Json], Json]

UPGRADES: Final[dict[str, tuple[Upgrade, ...]]] = {}
"""Schema name → functions on plain data; the n-th turns version n into n + 1.

The present version of an object is one more than the number of its functions.
"""

_OBJECTS = "unknown_objects"
MAX_WHOLE: Final = 2**53
"""Largest whole number of a session: beyond it, none is safe as a float."""
_PLAIN = (str, int, float, bool, types.NoneType)


@dataclasses.dataclass(frozen=True, slots=True)
class Project(Extensible):
    """What `project.json` holds."""

    document: Document


class DamagedError(ValueError):
    """Data that no version of the program writes; the message says where."""


def to_text(project: Project) -> str:
    """One line of JSON; equal projects give equal text."""
    return json.dumps(_encode(project), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_text(text: str) -> Project:
    """The project that `to_text` wrote, of this or an earlier version.

    Raises:
        SessionError: a newer version of the program wrote it.
        DamagedError: it is no project.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except DamagedError:
        raise
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise DamagedError(f"it is no JSON ({error})") from error
    project: Project = _decode(data, Project, "project")
    return project


def version_of(name: str) -> int:
    """The present version of a schema."""
    return len(UPGRADES.get(name, ())) + 1


def _refuse_constant(name: str) -> float:
    raise DamagedError(f"{name} is no number")


# --- writing ---------------------------------------------------------------------------------


def _encode(value: Any) -> Any:  # noqa: ANN401  (any field of any object)
    if isinstance(value, UnknownParams):
        return json.loads(value.text)
    if isinstance(value, Key):
        return _encode_key(value)
    if isinstance(value, Cue):
        return [float(value.start_s), value.shape]
    if dataclasses.is_dataclass(value):
        name = type(value).__name__
        data: Json = {"schema": f"{name}.{version_of(name)}"}
        for key, hint in _hints(typing.cast("Any", type(value))).items():
            field = getattr(value, key)
            # a whole number where a fraction may stand is written as one, for equal text
            is_float = field is not None and hint in (float, float | None)
            data[key] = _encode(float(field) if is_float else field)
        _restore(data, getattr(value, "extra", ""))
        return data
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Fraction):
        return str(value)
    return [_encode(item) for item in value] if isinstance(value, tuple) else value


def _encode_key(key: Key) -> list[Any]:
    """[frame, value], then interpolation and handles, then both handles' ends, where needed."""
    row: list[Any] = [float(key.frame), float(key.value)]
    has_ends = key.left != Handle() or key.right != Handle()
    if has_ends or (key.interpolation, key.handles) != (Interpolation.BEZIER, Handles.AUTO):
        row += [key.interpolation.value, key.handles.value]
    return [*row, *map(float, (*key.left, *key.right))] if has_ends else row


def _restore(data: Json, extra: str) -> None:
    """Puts back what `_set_aside` took away."""
    if not extra:
        return
    foreign = json.loads(extra)
    for name, objects in foreign.pop(_OBJECTS, {}).items():
        data[name] = [*data[name], *objects]
    data.update(foreign)


# --- reading ---------------------------------------------------------------------------------


def _decode(data: Any, kind: Any, where: str) -> Any:  # noqa: ANN401  (any field of any object)
    """`data` as an object of type `kind`; `where` names the place in error messages."""
    origin = typing.get_origin(kind)
    if kind is Curve:
        return _decode_curve(data, where)
    if kind is Cue:
        return _decode_cue(data, where)
    if origin in (Union, types.UnionType):
        return _decode_union(data, typing.get_args(kind), where)
    if origin is tuple:
        if not isinstance(data, list):
            raise DamagedError(f"{where} is no list")
        item = typing.get_args(kind)[0]
        return tuple(_decode(value, item, f"{where}[{i}]") for i, value in enumerate(data))
    if dataclasses.is_dataclass(kind):
        return _decode_object(data, typing.cast("type[Any]", kind), where)
    if kind is Fraction or issubclass(kind, StrEnum):
        return _convert(data, kind, where)
    return _decode_plain(data, kind, where)


def _decode_object(data: Any, kind: type[Any], where: str) -> Any:  # noqa: ANN401
    if not isinstance(data, dict):
        raise DamagedError(f"{where} is no object")
    name, version = _schema(data, where)
    if name != kind.__name__:
        raise DamagedError(f"{where} is a {name}, not a {kind.__name__}")
    data = _upgraded(data, name, version)
    hints = _hints(typing.cast("Any", kind))
    data, extra = _set_aside(data, hints)
    values = {}
    for key, hint in hints.items():
        if key in data:
            values[key] = _decode(data[key], hint, f"{where}.{key}")
    if extra:
        values["extra"] = extra
    try:
        return kind(**values)
    except TypeError as error:
        raise DamagedError(f"{where} is not complete") from error
    except ValueError as error:
        raise DamagedError(f"{where}: {error}") from error


def _set_aside(data: Json, hints: Mapping[str, Any]) -> tuple[Json, str]:
    """Splits off the keys and the objects in lists that this version does not know."""
    known = {key: value for key, value in data.items() if key in hints}
    foreign = {key: value for key, value in data.items() if key not in hints and key != "schema"}
    objects = {}
    for key, value in known.items():
        names = _object_names(hints[key])
        if isinstance(value, list) and names:
            strange = [item for item in value if _is_foreign(item, names)]
            if strange:
                objects[key] = strange
                known[key] = [item for item in value if not _is_foreign(item, names)]
    if objects:
        foreign[_OBJECTS] = objects
    return known, json.dumps(foreign, ensure_ascii=False, sort_keys=True) if foreign else ""


def _is_foreign(item: Any, names: frozenset[str]) -> bool:  # noqa: ANN401
    return (
        isinstance(item, dict)
        and isinstance(item.get("schema"), str)
        and item["schema"].rpartition(".")[0] not in names
    )


def _decode_union(data: Any, kinds: tuple[Any, ...], where: str) -> Any:  # noqa: ANN401
    if isinstance(data, dict):
        name, _ = _schema(data, where)
        for kind in kinds:
            if dataclasses.is_dataclass(kind) and getattr(kind, "__name__", "") == name:
                return _decode(data, kind, where)
        if UnknownParams in kinds:
            return UnknownParams(json.dumps(data, ensure_ascii=False))
        raise DamagedError(f"{where} is an unknown {name}")
    for kind in kinds:
        if dataclasses.is_dataclass(kind):
            continue
        try:
            return _decode(data, kind, where)
        except DamagedError:
            continue
    raise DamagedError(f"{where} has an impossible value")


def _decode_plain(data: Any, kind: type[Any], where: str) -> Any:  # noqa: ANN401
    if kind is float:
        return _number(data, where)
    is_wrong = kind not in _PLAIN or type(data) is not kind
    if is_wrong or (kind is int and abs(data) > MAX_WHOLE):
        raise DamagedError(f"{where} is not of type {kind.__name__}")
    return data


def _number(data: Any, where: str) -> float:  # noqa: ANN401
    if type(data) not in (int, float) or not abs(data) <= sys.float_info.max:
        raise DamagedError(f"{where} is no number")
    return float(data)


def _convert(data: Any, kind: type[Any], where: str) -> Any:  # noqa: ANN401
    if not isinstance(data, str):
        raise DamagedError(f"{where} is no text")
    try:
        return parse_number(data) if kind is Fraction else kind(data)
    except (ValueError, ZeroDivisionError) as error:
        raise DamagedError(f"{where} has the impossible value {data}") from error


def _decode_curve(data: Any, where: str) -> Curve:  # noqa: ANN401
    if not isinstance(data, dict):
        raise DamagedError(f"{where} is no curve")
    data = _upgraded(data, *_schema(data, where))
    known, extra = _set_aside(data, {"keys": Any, "extend": Extend})
    rows = known.get("keys")
    if not isinstance(rows, list):
        raise DamagedError(f"{where} has no keys")
    keys = tuple(_decode_key(row, f"{where}.keys[{i}]") for i, row in enumerate(rows))
    extend = _convert(known.get("extend", "hold"), Extend, f"{where}.extend")
    try:
        return Curve(keys, extend, extra=extra)
    except ValueError as error:
        raise DamagedError(f"{where}: {error}") from error


def _decode_key(row: Any, where: str) -> Key:  # noqa: ANN401
    if not isinstance(row, list) or len(row) not in (2, 4, 8):
        raise DamagedError(f"{where} is no key")
    frame, value = _number(row[0], where), _number(row[1], where)
    if len(row) == 2:
        return Key(frame, value)
    interpolation = _convert(row[2], Interpolation, where)
    handles = _convert(row[3], Handles, where)
    if len(row) == 4:
        return Key(frame, value, interpolation, handles)
    ends = [_number(number, where) for number in row[4:]]
    return Key(frame, value, interpolation, handles, Handle(*ends[:2]), Handle(*ends[2:]))


def _decode_cue(row: Any, where: str) -> Cue:  # noqa: ANN401
    if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], str):
        raise DamagedError(f"{where} is no mouth shape")
    return Cue(_number(row[0], where), row[1])


def _schema(data: Json, where: str) -> tuple[str, int]:
    name, _, version = str(data.get("schema", "")).rpartition(".")
    if not name or not version.isdecimal() or int(version) < 1:
        raise DamagedError(f"{where} says no schema")
    return name, int(version)


def _upgraded(data: Json, name: str, version: int) -> Json:
    if version > version_of(name):
        raise SessionError(
            f"This session was made by a newer version of Avatar Studio ({name} {version}, this "
            f"version knows {version_of(name)}): update the program to open it."
        )
    for upgrade in UPGRADES.get(name, ())[version - 1 :]:
        data = upgrade(dict(data))
    return data


@cache
def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401
    """Field → type, without the field for foreign keys and without class variables."""
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind) if f.name != "extra"}


@cache
def _object_names(hint: Any) -> frozenset[str]:  # noqa: ANN401
    """Names of the objects that a list of type `hint` may hold."""
    if typing.get_origin(hint) is not tuple:
        return frozenset()
    item = typing.get_args(hint)[0]
    kinds = typing.get_args(item) or (item,)
    return frozenset(
        k.__name__ for k in kinds if isinstance(k, type) and dataclasses.is_dataclass(k)
    )
