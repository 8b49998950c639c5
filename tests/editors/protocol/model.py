"""Whether a message has the shape that the Language Server Protocol 3.18 gives it.

check.py calls `problems(value, kind, path)` with a type of the package lsprotocol, which is
generated from the protocol's own meta model, and gets a list of sentences: properties that do not
exist, that are missing, of a wrong type or out of range. Types that the package calls special may
be null or left out: it does not keep the two apart.
"""

import collections.abc
import enum
import functools
import types
import typing
from collections.abc import Sequence
from typing import Any

import attrs
from lsprotocol import types as lsp

SIMPLE = {
    str: "a string",
    bool: "a boolean",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


def camel(name: str) -> str:
    """A property's name as it is sent: `insert_text_` is sent as insertText."""
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


@functools.cache
def fields(structure: type) -> dict[str, Any]:
    """The properties of a class of lsprotocol: name as sent -> (attribute, its type)."""
    attrs.resolve_types(structure, vars(lsp))
    return {camel(one.name): one for one in attrs.fields(structure)}


def special(structure: type, name: str) -> bool:
    return any(lsp.is_special_property(one, name) for one in structure.__mro__)


def of_structure(value: Any, structure: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path} is no {structure.__name__}: {value!r:.60}"]
    known = fields(structure)
    found = [
        f"{path}.{name} is no property of {structure.__name__}"
        for name in value
        if name not in known
    ]
    for name, attribute in known.items():
        optional = (
            attribute.default is not attrs.NOTHING
            and typing.get_origin(attribute.type) is not typing.Literal
        )
        if name not in value:
            found += [] if optional else [f"{path}.{name} is missing"]
        elif (
            value[name] is None
            and optional
            and not special(structure, attribute.name)
            and not may_be_null(attribute.type)
        ):
            found.append(f"{path}.{name} is null where it should be left out")
        else:
            found += problems(value[name], attribute.type, f"{path}.{name}") or out_of_range(
                value[name], attribute, path, name
            )
    return found


def may_be_null(kind: Any) -> bool:
    """Whether null is a value like others; a type that only lacks a value there is not meant."""
    return kind is typing.Any or typing.Any in typing.get_args(kind)


def out_of_range(value: Any, attribute: Any, path: str, name: str) -> list[str]:
    """Numbers have ranges, which the package keeps as validators."""
    if type(value) is not int or not attribute.validator:
        return []
    try:
        attribute.validator(None, attribute, value)
    except ValueError as error:
        return [f"{path}.{name}: {error}"]
    except TypeError:
        pass  # a whole number where any number is allowed
    return []


def of_simple(value: Any, kind: Any, path: str) -> list[str]:
    right = {
        bool: lambda: isinstance(value, bool),
        str: lambda: isinstance(value, str),
        type(None): lambda: value is None,
        int: lambda: type(value) is int,
        float: lambda: type(value) in (int, float),
    }[kind]()
    return [] if right else [f"{path} is not {SIMPLE[kind]}: {value!r:.60}"]


def of_values(values: Sequence[Any], kinds: Sequence[Any], path: str) -> list[str]:
    return [
        problem
        for index, (value, kind) in enumerate(zip(values, kinds, strict=True))
        for problem in problems(value, kind, f"{path}[{index}]")
    ]


def problems(value: Any, kind: Any, path: str) -> list[str]:
    """What is wrong with a JSON value that should be of a type; an empty list when it is right."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in (typing.Any, object):
        return []
    if kind in SIMPLE:
        return of_simple(value, kind, path)
    if origin in (typing.Union, types.UnionType):
        found = [
            problems(value, one, path) for one in inner if value is None or one is not type(None)
        ]
        return [] if [] in found else min(found, key=len)
    if origin is typing.Literal:
        return [] if value in inner else [f"{path} is not {inner}: {value!r:.60}"]
    if origin is tuple:
        right = isinstance(value, list) and len(value) == len(inner)
        return of_values(value, inner, path) if right else [f"{path} is no list of {len(inner)}"]
    if origin is collections.abc.Sequence:
        return (
            of_values(value, inner * len(value), path)
            if isinstance(value, list)
            else [f"{path} is no list: {value!r:.60}"]
        )
    if origin is collections.abc.Mapping:
        if not isinstance(value, dict):
            return [f"{path} is no map: {value!r:.60}"]
        return [
            problem
            for key, one in value.items()
            for problem in problems(one, inner[1], f"{path}.{key}")
        ]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return (
            []
            if value in [one.value for one in kind]
            else [f"{path} is no {kind.__name__}: {value!r:.60}"]
        )
    if kind is lsp.LSPObject:
        return [] if isinstance(value, dict) else [f"{path} is no object: {value!r:.60}"]
    if attrs.has(kind):
        return of_structure(value, kind, path)
    raise TypeError(f"a type that this check does not know: {kind!r} at {path}")
