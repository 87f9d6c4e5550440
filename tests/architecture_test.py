"""Who may import whom, and other promises about the source, proved by reading it."""

import ast
import dataclasses
import graphlib
import pathlib
import re

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import __main__ as program
from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib

PACKAGE = pathlib.Path("stargan_tf")


def _path(command):
    path = PACKAGE.joinpath(*command.split())
    return path / "__main__.py" if path.is_dir() else path.with_suffix(".py")


# Commands may import everything, also those that lie in a room.
COMMANDS = {_path(command) for command in program.commands()}
# What a module in each room may import of this project, beside its own room.
ALLOWED = {
    "base": set(),
    "reports": set(),
    "layers": {"base"},
    "gan": set(),
    "optimization": {"base"},
    "weights": {"base"},
    "landmarks": {"base", "layers", "weights"},
    "cartoon": set(),
    "voices": set(),
    "audio": {"base"},
    "data": {"base", "cartoon", "voices", "audio", "reports"},
    "pictures": {"base", "data"},
    "algorithms": {"base", "layers", "gan", "optimization", "weights", "landmarks", "data"}
    | {"pictures"},
    "runs": {"base", "weights", "data", "pictures", "algorithms", "__init__"},
    "training": {"base", "data", "pictures", "reports", "algorithms", "runs", "inference"}
    | {"evaluation"},
    "inference": {"base", "audio", "data", "pictures", "landmarks", "algorithms", "runs"},
    "evaluation": {"base", "audio", "layers", "weights", "data", "pictures", "reports"}
    | {"algorithms", "inference"},
    "serving": {"base", "layers", "data", "pictures", "reports", "algorithms", "runs", "inference"}
    | {"__init__"},
    "client": {"base", "data", "pictures", "inference"},
    "publishing": {"base", "data", "pictures", "reports", "algorithms", "runs", "evaluation"}
    | {"inference", "serving", "__init__"},
    "browser": {"base", "data", "pictures", "algorithms", "runs", "serving", "publishing"},
    "demo_page": {"base", "audio", "data", "pictures", "algorithms", "runs", "inference"},
    "pretrained": set(),
    "comparison": {"base", "data", "pictures", "reports", "algorithms", "runs", "inference"}
    | {"evaluation", "__init__"},
    "diagnosis": {"base", "data", "pictures", "reports", "runs", "training"},
    "cli": {"base", "data", "pictures", "algorithms", "runs"},
}
# The same for the rooms inside data/, of each other; labels, names, splits and the like, which lie
# beside these rooms, belong to all of them, and loading.py stands above all.
DATA_ROOMS = {
    "images": set(),
    "sources": {"images"},
    "tfds": {"images", "sources"},
    "packs": {"images", "sources", "tfds"},
    "pipeline": {"images"},
}


def _modules():
    return sorted(PACKAGE.rglob("*.py"))


def _imports(path):
    """Yields every module that a file imports, wherever in it, by its full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def _part(module):
    """stargan_tf.data.labels -> data; stargan_tf.base.errors.UserError -> errors."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def _paper_names(tree):
    """Yields names of papers, and of their hyperparameters, that a file's code has in it.

    Docstrings and the help of options may cite a paper. What the contract itself has, such as a
    style's length, is no paper's own.
    """
    fields = {
        field.name
        for name in algorithms.names()
        for field in dataclasses.fields(algorithms.hparams_class(name))
    }
    own = fields - {*dir(algorithm_lib.Styled), *algorithm_lib.Styled.__annotations__}
    words = re.compile(rf"\b({'|'.join([*algorithms.names(), *(n for n in own if '_' in n)])})\b")
    ignored = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # docstrings
            ignored.add(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "option":
            ignored |= set(ast.walk(node))
        elif isinstance(node, ast.FunctionDef) and node.name == "get_config":
            ignored |= set(ast.walk(node))  # a layer's arguments are its own
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("hparams"):
            yield from {node.attr} & fields
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr"):
            yield from {a.value for a in node.args[1:2] if isinstance(a, ast.Constant)} & own
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in ignored:
            yield from words.findall(node.value)


class ImportsTest(tf.test.TestCase, parameterized.TestCase):
    def test_layers_import_only_what_is_below_them(self):
        checked = 0
        for path in _modules():
            own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
            if own not in ALLOWED or path in COMMANDS:
                continue
            for module in _imports(path):
                if module.split(".")[0] == "stargan_tf":
                    allowed = ALLOWED[own] | {own}
                    self.assertIn(_part(module), allowed, f"{path} imports {module}")
                    checked += 1
        self.assertGreater(checked, 40)

    def test_no_modules_import_each_other_in_a_circle(self):
        names = {".".join(p.with_suffix("").parts).removesuffix(".__init__") for p in _modules()}
        graph = {}
        for path in _modules():
            own = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            imported = {m if m in names else m.rpartition(".")[0] for m in _imports(path)}
            # The package itself imports on demand what its users ask it for.
            graph[own] = imported & names - {own, "stargan_tf"}
        self.assertGreater(sum(len(imported) for imported in graph.values()), 200)
        graphlib.TopologicalSorter(graph).prepare()  # raises a CycleError that names the circle

    def test_rooms_of_data_import_only_what_is_below_them(self):
        for room, below in DATA_ROOMS.items():
            paths = sorted((PACKAGE / "data" / room).rglob("*.py"))
            self.assertNotEmpty(paths)
            for module in (m for path in paths for m in _imports(path)):
                parts = module.split(".")
                if parts[:2] == ["stargan_tf", "data"] and len(parts) > 2:
                    self.assertNotEqual(parts[2], "loading", room)
                    self.assertNotIn(
                        parts[2], set(DATA_ROOMS) - below - {room}, f"{room}: {module}"
                    )

    def test_every_module_has_its_place(self):
        for path in PACKAGE.iterdir():
            name = path.name.removesuffix(".py")
            if path.suffix == ".py" or (path.is_dir() and name != "__pycache__"):
                known = {*ALLOWED, "export", "__init__", "__main__"}
                self.assertIn(name, known | {command.stem for command in COMMANDS})

    def test_no_paper_imports_another_and_nothing_imports_a_paper(self):
        for path in _modules():
            for module in _imports(path):
                match = re.match(r"stargan_tf\.algorithms\.(\w+)", module)
                if match and match.group(1) in algorithms.names():
                    self.assertIn(match.group(1), path.parts, f"{path} imports {module}")

    def test_only_a_papers_folder_names_it_or_its_hyperparameters(self):
        for path in [*_modules(), *pathlib.Path("export").rglob("*.py")]:
            if not set(algorithms.names()) & set(path.parts):
                found = set(_paper_names(ast.parse(path.read_text())))
                # Declared in one place: what --algorithm is unless it is given.
                allowed = {algorithms.DEFAULT} if path.parent.name == "algorithms" else set()
                self.assertLessEqual(found, allowed, path)

    @parameterized.parameters(
        "if config.train.algorithm == 'stargan_v2': pass",
        "print(f'pass --algorithm=stargan_v1')",
        "config.hparams.n_critic",
        "getattr(config.hparams, 'augment', '')",
        "values['w_hpf']",
        "print('--lambda_cyc=1')",
        "algorithm.batch['x'], algorithm.hparams.latent_dim",
    )
    def test_a_papers_name_is_seen(self, source):
        self.assertNotEmpty(list(_paper_names(ast.parse(source))))

    def test_only_command_lines_know_flags(self):
        for path in _modules():
            if path not in COMMANDS and path.stem not in ("command_line", "train_flags"):
                for module in _imports(path):
                    self.assertFalse(module.startswith("absl"), f"{path} imports {module}")

    def test_nothing_imports_torch_or_an_unpickler(self):
        for path in _modules():
            for module in _imports(path):
                self.assertNotIn(module.split(".")[0], ("torch", "pickle", "copyreg"), path)

    def test_what_help_needs_imports_no_tensorflow(self):
        names = ("base/errors.py", "base/flag_files.py", "base/options.py", "runs/config.py")
        names += ("cli/command_line.py", "cli/log_filter.py", "data/options.py")
        paths = [PACKAGE / name for name in (*names, "algorithms/__init__.py")]
        paths += PACKAGE.glob("algorithms/**/hparams.py")
        # REST works without, so what gRPC needs is imported within a function.
        paths += (p for p in PACKAGE.glob("client/*.py") if p.stem != "grpc_transport")
        paths += (PACKAGE / "inference" / name for name in ("arguments.py", "batches.py"))
        for path in paths:
            top = ast.parse(path.read_text()).body
            for node in (n for n in top if isinstance(n, ast.Import | ast.ImportFrom)):
                module = getattr(node, "module", "")
                for name in (n.name for n in node.names):
                    self.assertNotIn(name, ("grpc_transport", "grpc"), path)
                    root = (module or name).split(".")[0]
                    self.assertNotIn(root, ("tensorflow", "keras", "tensorflow_serving"), path)


# What tells versions apart: packages and names that do, and what Keras 2 and 3 name differently.
_TELLING = (
    r"(tensorflow_addons|tf_keras|importlib\.metadata|pkg_resources|packaging)\b"
    r"|(keras|tensorflow)\b.*\.(__version__|VERSION|version)$|.*\b_KERAS_2$"
)
_ASKING = (
    r"'tensorflow_addons'|.*\b_KERAS_2|keras\.version\(\)|.*keras_versions\.versions\(\)\[.*\]"
    r"|(hasattr|getattr)\((tf|keras|optimizer|variable|v|self)\b.*'\w+'.*\)"
    r"|isinstance\(.*(tf|keras)\.Variable\b.*\)|inspect\.signature\((tf|keras)\b.*\)"
)


def _version_questions(tree):
    """Yields what a file does to learn which Keras, TensorFlow or tensorflow-addons there is."""
    for node in ast.walk(tree):
        text = ast.unparse(node) if isinstance(node, ast.expr) else ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names = [f"{module}{alias.name}" for alias in node.names]
            yield from (name for name in names if re.match(_TELLING, name))
        elif isinstance(node, ast.Attribute) and re.search(r"__version__$|VERSION$", node.attr):
            if text != "stargan_tf.__version__":  # another matter
                yield text
        elif re.fullmatch(_ASKING, text):
            yield text


class VersionsTest(tf.test.TestCase, parameterized.TestCase):
    def test_only_one_module_asks_for_a_version(self):
        roots = (PACKAGE, pathlib.Path("export"), pathlib.Path("benchmarks"), pathlib.Path("tests"))
        for path in (path for root in roots for path in sorted(root.rglob("*.py"))):
            if path.name not in (
                "keras_versions.py",
                "keras_versions_test.py",
                "architecture_test.py",
                # They run where neither TensorFlow nor Keras is, and tell which JAX and PyTorch is.
                "run_lowered.py",
                "torch_step.py",
            ):
                self.assertEmpty(list(_version_questions(ast.parse(path.read_text()))), path)

    @parameterized.parameters(
        "if tf.__version__ < '2.16': pass",
        "new = keras.__version__.startswith('3')",
        "tf.VERSION",
        "import tensorflow_addons as tfa",
        "from tensorflow_addons.layers import InstanceNormalization",
        "importlib.import_module('tensorflow_addons')",
        "import importlib.metadata",
        "from importlib.metadata import version",
        "from packaging import version",
        "from keras import __version__",
        "from tensorflow import __version__ as v",
        "from tensorflow.version import VERSION",
        "from stargan_tf.base.keras_versions import _KERAS_2",
        "old = keras_versions._KERAS_2",
        "old = keras_versions.versions()['keras'] < '3'",
        "new = keras.version() > '3'",
        "getattr(keras, '__version__')",
        "new = hasattr(keras, 'ops')",
        "hasattr(optimizer, '_var_key')",
        "raw = v if isinstance(v, keras.Variable) else v.value",
        "inspect.signature(keras.optimizers.Adam).parameters",
        "path = getattr(variable, 'path', variable.name)",
        "raw = getattr(variable, 'value', variable)",
        "hasattr(optimizer, '_get_variable_index')",
        "raw = v if isinstance(v, tf.Variable) else v.value",
    )
    def test_a_question_is_seen(self, source):
        self.assertNotEmpty(list(_version_questions(ast.parse(source))))

    def test_there_are_questions_to_see(self):
        source = (PACKAGE / "base" / "keras_versions.py").read_text()
        self.assertGreaterEqual(len(list(_version_questions(ast.parse(source)))), 4)


class SourceTest(tf.test.TestCase, parameterized.TestCase):
    def test_keras_is_used_where_versions_2_and_3_agree(self):
        for path in _modules():
            for module in _imports(path):
                self.assertNotRegex(module, r"keras\.(ops|random|backend|src)", path)
            self.assertNotRegex(path.read_text(), r"keras\.(ops|random|backend)\.", path)

    def test_public_functions_are_typed(self):
        for path in _modules():
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    self.assertIsNotNone(node.returns, (path, node.name))
                    for argument in node.args.args + node.args.kwonlyargs:
                        self.assertIsNotNone(argument.annotation, (path, node.name))


if __name__ == "__main__":
    tf.test.main()
