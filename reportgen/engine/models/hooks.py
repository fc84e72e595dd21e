"""Reading and replacing what modules return in a forward pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from reportgen.errors import ModelError


@contextmanager
def replacing(replaced: Mapping[nn.Module, Tensor]) -> Iterator[None]:
    """Let modules return the given tensors (B, n, d) in the one forward pass inside.

    Only the first call of each is replaced: an encoder and a decoder may share a module.
    Raises ``ModelError`` where a module is not called, or returns another shape (a batch
    of one counts as any batch: positions are often looked up once for all inputs).
    """
    pending = dict(replaced)

    def replace(module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
        new = pending.pop(module, None)
        if new is None:
            return output
        own = output if isinstance(output, Tensor) else output[0]
        if own.shape[1:] != new.shape[1:] or len(own) not in (1, len(new)):
            raise ModelError(
                f"{type(module).__name__} returns the shape {tuple(own.shape)}, "
                f"the tensor in its place has {tuple(new.shape)}",
                hint="this model embeds its input in a way that cannot be explained",
            )
        new = new.to(own)
        return new if isinstance(output, Tensor) else (new, *output[1:])

    handles = [module.register_forward_hook(replace) for module in replaced]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
    require_called(pending)


@contextmanager
def observing(modules: Iterable[nn.Module]) -> Iterator[dict[nn.Module, Tensor]]:
    """Collect what each module returns at its first call in the one forward pass inside.

    Raises ``ModelError`` where one is not called.
    """
    modules = list(modules)
    seen: dict[nn.Module, Tensor] = {}

    def observe(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        seen.setdefault(module, output if isinstance(output, Tensor) else output[0])

    handles = [module.register_forward_hook(observe) for module in modules]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
    require_called([module for module in modules if module not in seen])


def require_called(missing: Collection[nn.Module]) -> None:
    if missing:
        names = ", ".join(type(module).__name__ for module in missing)
        raise ModelError(
            f"the model does not call its {names}",
            hint="this model embeds its input in a way that cannot be explained",
        )
