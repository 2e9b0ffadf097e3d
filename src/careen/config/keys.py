"""Names the keys that a table of the settings may have, for the hint on an unknown one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from careen.config.values import Model

if TYPE_CHECKING:
    from collections.abc import Sequence


def known_keys(settings: type[Model], location: Sequence[int | str]) -> list[str]:
    """Give the keys of the table at a location below a model, as they are written in TOML.

    >>> from careen.config.contract import ContractSettings
    >>> known_keys(ContractSettings, ["database"])
    ['environment', 'status']
    """
    kind: Any = settings
    for part in location:
        kind = _below(_model(kind) or kind, part)
    model = _model(kind)
    return [_key(model, name) for name in model.model_fields if name != "root"] if model else []


def _below(kind: Any, part: int | str) -> Any:
    """Give the type of what stands under a key, or at a place of an array."""
    if isinstance(kind, type) and issubclass(kind, Model):
        fields = {_key(kind, name): field for name, field in kind.model_fields.items()}
        return fields[str(part)].annotation if str(part) in fields else None
    inner = next((one for one in _alternatives(kind) if get_origin(one) in {dict, tuple}), None)
    return get_args(inner)[1 if get_origin(inner) is dict else 0] if inner else None


def _model(kind: Any) -> type[Model] | None:
    models = (one for one in _alternatives(kind) if isinstance(one, type))
    return next((one for one in models if issubclass(one, Model)), None)


def _alternatives(kind: Any) -> list[Any]:
    """Give a type, or those that a union or an annotated type is made of."""
    if get_origin(kind) in {dict, tuple, None}:
        return [kind]
    return [found for part in get_args(kind) for found in _alternatives(part)]


def _key(model: type[Model], name: str) -> str:
    return model.model_fields[name].alias or name.replace("_", "-")
