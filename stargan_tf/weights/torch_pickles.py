"""Reads the pickles in PyTorch's files with a machine that can only build plain data.

Python's own unpickler imports and calls whatever a file names. This one is a loop over the
instructions, of which it knows those that torch.save writes. A name in a file is only looked up in
a table that the caller passes; nothing is imported by name, no attribute is read or set, and no
method of an object in the file is called.
"""

import dataclasses
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

# What a file may name, and the function of ours that answers a call; None where it is not called.
Names = Mapping[str, Callable[..., Any] | None]

# Kinds of keys: a tuple could be nested so deep that hashing it overflows the interpreter's stack.
_KEYS = str | int | None
_MOST_ARGUMENTS = 8  # torch.save writes up to 7; each call copies them
_LARGEST_KEY = 2**60  # larger numbers can be chosen to have one hash, which makes dictionaries slow
_MAKERS = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class CodeError(Exception):
    """A file asks to import or to call something; says what. Nothing was imported or called."""


@dataclasses.dataclass(frozen=True)
class Name:
    """A class or function that a file names, as module.name; only the text."""

    name: str


def load(stream: BinaryIO, names: Names, resolve: Callable[[Any], Any] | None = None) -> Any:
    """Returns the object of the pickle that begins at the stream's position, and moves behind it.

    Ordered dictionaries are plain ones, and what was set as their attributes is left out.

    Args:
      stream: The bytes in memory; from a file, a pickle could ask for a huge read.
      names: All that the file may name.
      resolve: Returns the object of a persistent id; None where the pickle may have none.

    Raises:
      CodeError: If the pickle names anything else, or calls or builds anything but by `names`.
      Exception: One of many kinds, if it is no complete pickle of torch.save.
    """
    machine = _Machine(names, resolve)
    for opcode, argument, _ in pickletools.genops(stream):
        machine.step(opcode.name, argument)
    (result,) = machine.stack
    return result


class _Machine:
    """The stack, the marks in it and the memo of pickle's machine."""

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
        """Executes what could run code in Python's own machine."""
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
                    raise CodeError("a call of what is no function")
                if len(_expect(arguments, tuple)) > _MOST_ARGUMENTS:
                    raise ValueError(f"a call has {len(arguments)} arguments")
                stack.append(call(*arguments))
            case "BUILD":
                self._take(1)
                if not isinstance(stack[-1], dict):
                    raise CodeError("attributes of what has none")
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
    """Returns the dictionary for a call of collections.OrderedDict; Python 2 passes its pairs."""
    result: dict[Any, Any] = {}
    if pairs is not None:
        _update(result, (_expect(pair, list) for pair in _expect(pairs, list)))
        pairs.clear()  # else a file could have one long list copied again and again
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
    """Returns the value if it is of the kind; a pickle may have put anything in its place."""
    if not isinstance(value, kind):
        raise ValueError(f"a {type(value).__name__} stands where it can't")
    return value
