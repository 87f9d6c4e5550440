"""Reads the pickles in PyTorch's files with an unpickler that can only build plain data.

Python's own unpickler imports and calls whatever a file names. This one executes only the
instructions that torch.save writes. It looks up names in a table that the caller passes; it imports
nothing by name, reads and sets no attribute, and calls no method of an object in the file.
"""

import dataclasses
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

# The names that a file may use, and our function for each; None: it must not be called.
Names = Mapping[str, Callable[..., Any] | None]

# Types of keys. Hashing a deeply nested tuple would overflow the interpreter's stack.
_KEYS = str | int | None
_MOST_ARGUMENTS = 8  # torch.save writes up to 7; each call copies them
_LARGEST_KEY = 2**60  # larger numbers may all have the same hash, which makes dictionaries slow
_MAKERS = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class CodeError(Exception):
    """Raised if a file asks to import or call something; nothing was imported or called."""


@dataclasses.dataclass(frozen=True)
class Name:
    """The name of a class or function in a file, as the text module.name."""

    name: str


def load(stream: BinaryIO, names: Names, resolve: Callable[[Any], Any] | None = None) -> Any:
    """Reads the pickle at the stream's position, moves behind it, and returns its object.

    Ordered dictionaries become plain ones, without their attributes.

    Args:
      stream: The bytes in memory; with a file, a pickle could ask for a huge read.
      names: The names that the pickle may use.
      resolve: Returns the object of a persistent id; None: the pickle must have none.

    Raises:
      CodeError: If the pickle uses other names, or calls or builds anything but by `names`.
      Exception: Of many kinds, if it is no complete pickle of torch.save.
    """
    machine = _Machine(names, resolve)
    for opcode, argument, _ in pickletools.genops(stream):
        machine.step(opcode.name, argument)
    (result,) = machine.stack
    return result


class _Machine:
    """The state of an unpickler: its stack, the marks in it, and its memo."""

    def __init__(self, names: Names, resolve: Callable[[Any], Any] | None):
        self._names, self._resolve = names, resolve
        self.stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def step(self, opcode: str, argument: Any) -> None:
        """Executes one instruction, by its name in pickletools."""
        stack, push = self.stack, self.stack.append
        match opcode:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT":
                push(argument)
            case "BINUNICODE" | "SHORT_BINUNICODE" | "BINSTRING" | "SHORT_BINSTRING":
                push(argument)
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                push(_CONSTANTS[opcode])
            case "EMPTY_DICT" | "EMPTY_LIST" | "EMPTY_TUPLE":
                push(_MAKERS[opcode]())
            case "MARK":
                self._marks.append(len(stack))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                push(tuple(self._take(int(opcode[-1]))))
            case "TUPLE":
                push(tuple(self._marked()))
            case "APPEND" | "APPENDS":
                items = self._take(1) if opcode == "APPEND" else self._marked()
                _expect(stack[-1], list).extend(items)
            case "SETITEM" | "SETITEMS":
                items = self._take(2) if opcode == "SETITEM" else self._marked()
                _update(stack[-1], zip(items[::2], items[1::2], strict=True))
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                self._memo[len(self._memo) if argument is None else argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                push(self._memo[argument])
            case "BINPERSID" if self._resolve:
                push(self._resolve(stack.pop()))
            case _:
                self._step_with_names(opcode, argument)

    def _step_with_names(self, opcode: str, argument: Any) -> None:
        """Executes an instruction with which Python's own unpickler could run code."""
        stack = self.stack
        match opcode:
            case "GLOBAL" | "STACK_GLOBAL":
                parts = self._take(2) if argument is None else argument.split(" ", 1)
                name = ".".join(_expect(part, str) for part in parts)
                if name not in self._names:
                    raise CodeError(" ".join(name.split())[:100])
                stack.append(Name(name))
            case "REDUCE":
                function, arguments = self._take(2)
                call = self._names[function.name] if isinstance(function, Name) else None
                if call is None:
                    raise CodeError("a call of something that is no function")
                if len(_expect(arguments, tuple)) > _MOST_ARGUMENTS:
                    raise ValueError(f"a call has {len(arguments)} arguments")
                stack.append(call(*arguments))
            case "BUILD":
                self._take(1)
                if not isinstance(stack[-1], dict):
                    raise CodeError("attributes of something that has none")
            case "INST" | "OBJ" | "NEWOBJ" | "NEWOBJ_EX" | "EXT1" | "EXT2" | "EXT4":
                raise CodeError(f"the instruction {opcode} {argument or ''}".strip()[:100])
            case _:
                raise ValueError(f"torch.save writes no instruction {opcode}")

    def _take(self, count: int) -> list[Any]:
        """Removes and returns the last objects of the stack."""
        if len(self.stack) < count:
            raise ValueError("an instruction lacks its operands")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def _marked(self) -> list[Any]:
        """Removes and returns the objects since the last mark."""
        start = self._marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items


def ordered_dict(pairs: Any = None) -> dict[Any, Any]:
    """Returns the dictionary for a call of collections.OrderedDict; Python 2 passes pairs."""
    result: dict[Any, Any] = {}
    if pairs is not None:
        _update(result, (_expect(pair, list) for pair in _expect(pairs, list)))
        pairs.clear()  # so that a file can't have one long list copied again and again
    return result


def size(numbers: Any) -> tuple[Any, ...]:
    """Returns the tuple for a call of torch.Size."""
    return _expect(numbers, tuple)


def _update(target: Any, pairs: Any) -> None:
    for key, value in pairs:
        if isinstance(key, int) and abs(key) > _LARGEST_KEY:
            raise ValueError("a number is too large for a key")
        _expect(target, dict)[_expect(key, _KEYS)] = value


def _expect(value: Any, kind: Any) -> Any:
    """Returns the value if it is of the kind; a pickle may hold anything."""
    if not isinstance(value, kind):
        raise ValueError(f"a {type(value).__name__} is not allowed there")
    return value
