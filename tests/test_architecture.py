"""The house rules hold for the whole tree, and each check can fail."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import house_rules as rules
import pytest

NOT_HELPERS = ("conftest.py", "__init__.py")
HEAVY = ("torch", "transformers", "sklearn")


@pytest.fixture(scope="module")
def files():
    return rules.sources()


@pytest.mark.parametrize("check", rules.CHECKS, ids=lambda check: check.__name__)
def test_the_tree_keeps_the_rule(files, check):
    violations = list(dict.fromkeys(line for file in files for line in check(file)))
    if violations:
        pytest.fail("\n".join([check.__doc__, *violations]), pytrace=False)


def test_every_package_is_in_the_wheel():
    violations = rules.unlisted_packages()
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def test_helper_modules_of_the_tests_have_different_names():
    # pytest puts each folder on the path: of two files with one name the second is never seen.
    files = [f for f in (rules.HOME / "tests").rglob("*.py") if f.name not in NOT_HELPERS]
    names = Counter(f.name for f in files)
    doubled = [str(f.relative_to(rules.HOME)) for f in files if names[f.name] > 1]
    if doubled:
        pytest.fail("\n".join(doubled), pytrace=False)


# Each check finds what it is for


@pytest.mark.parametrize(
    ("path", "text", "relation"),
    [
        ("analysis/detect/a.py", "from analysis.runs.store import RunStore", "above it"),
        ("analysis/detect/a.py", "import analysis.project.pca", "sibling"),
        ("analysis/detect/a.py", "def f():\n    from analysis import pipeline", "above it"),
        ("analysis/models/a.py", "from analysis.data import read", "sibling"),
        ("analysis/errors.py", "from analysis import records", "above it"),
        ("analysis/records.py", "from analysis.config import InspectConfig", "sibling"),
        ("analysis/cli/a.py", "import dashboard.app", "sibling"),
        ("analysis/detect/sub/a.py", "from ...project import pca", "sibling"),
    ],
)
def test_imports_against_the_arrow_are_found(path, text, relation):
    (line,) = rules.import_direction(rules.source(path, text))
    assert relation in line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("analysis/runs/a.py", "from analysis.runs.store import RunStore"),
        ("analysis/runs/a.py", "from analysis import __version__, records"),
        ("analysis/report/a.py", "from analysis.detect import specs"),
        ("analysis/detect/sub/a.py", "from ..scores import x"),
        ("sample_data/build.py", "from analysis.training import loop"),
    ],
)
def test_imports_along_the_arrow_are_not(path, text):
    assert not list(rules.import_direction(rules.source(path, text)))


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (rules.dashboard_reads_only, "dashboard/a.py", "from analysis.pipeline import inspect"),
        (rules.dashboard_reads_only, "dashboard/a.py", "from analysis.detect.layers import f"),
        (rules.banned_libraries, "analysis/detect/a.py", "def f():\n    import torch.nn as nn"),
        (rules.banned_libraries, "analysis/runs/a.py", "from sklearn.svm import SVC"),
        (rules.banned_libraries, "analysis/extract/a.py", "import transformers"),
        (rules.banned_libraries, "analysis/report/a.py", "import streamlit"),
        (rules.banned_libraries, "analysis/identity.py", "import torch"),
        (rules.banned_libraries, "analysis/data/a.py", "import pickle"),
        (rules.banned_libraries, "analysis/data/a.py", "from urllib.request import urlopen"),
        (rules.banned_libraries, "dashboard/a.py", "from subprocess import Popen"),
        (rules.unsafe_calls, "analysis/models/a.py", "torch.load(p)"),
        (rules.unsafe_calls, "analysis/models/a.py", "torch.load(p, weights_only=False)"),
        (rules.unsafe_calls, "analysis/models/a.py", "f(p, trust_remote_code=flag)"),
        (rules.unsafe_calls, "analysis/runs/a.py", "np.load(p, allow_pickle=True)"),
        (rules.unsafe_calls, "dashboard/a.py", "st.write(x, unsafe_allow_html=True)"),
        (rules.unsafe_calls, "analysis/cli/a.py", "eval('1')"),
        (rules.file_access, "analysis/detect/a.py", "open('x')"),
        (rules.file_access, "dashboard/views/a.py", "Path('x').read_text()"),
        (rules.file_access, "analysis/report/figures.py", "Path('x').write_bytes(b'')"),
        (rules.sizes, "analysis/a.py", '"""A."""\n' + "x = 1\n" * 300),
        (rules.sizes, "analysis/a.py", '"""A."""\ndef f():\n' + "    x = 1\n" * 60),
        (rules.sizes, "analysis/a.py", '"""A."""\ndef f(a, b, c, d, *, e, f, g, h): ...'),
        (rules.sizes, "analysis/a.py", "x = 1"),
        (rules.streamlit_places, "dashboard/views/a.py", "st.query_params['run']"),
        (rules.streamlit_places, "dashboard/views/a.py", "@st.cache_data\ndef f(): ..."),
        (rules.machine_paths, "analysis/data/a.py", "x = '/home/me/data'"),
    ],
)
def test_each_check_finds_its_violation(check, path, text):
    assert len(set(check(rules.source(path, text)))) == 1


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (rules.dashboard_reads_only, "dashboard/a.py", "from analysis.detect.specs import X"),
        (rules.banned_libraries, "analysis/identity.py", "def f():\n    import torch"),
        (rules.banned_libraries, "analysis/models/a.py", "import transformers, pickletools"),
        (rules.unsafe_calls, "analysis/models/a.py", "torch.load(p, weights_only=True)"),
        (rules.unsafe_calls, "analysis/models/a.py", "f(p, trust_remote_code=False)"),
        (rules.unsafe_calls, "analysis/extract/a.py", "model.eval()"),
        (rules.file_access, "analysis/cli/a.py", "store.open('latest')"),
        (rules.file_access, "analysis/pipeline/a.py", "work.writer.write_bytes('a', b'')"),
        (rules.file_access, "dashboard/components/a.py", "(ASSETS / 'a.css').read_text()"),
        (rules.sizes, "analysis/a.py", '"""A."""\ndef f(self, a, b, c, d, e, f, g): ...'),
    ],
)
def test_no_check_complains_without_a_reason(check, path, text):
    assert not list(check(rules.source(path, text)))


# What is really loaded


def loaded(code):
    """Heavy libraries in sys.modules after `code` ran in a fresh interpreter."""
    ask = f"\nimport sys\nprint('LOADED', *[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + ask], capture_output=True, text=True, cwd=rules.HOME
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    assert lines, done.stderr[-3000:]
    return lines[-1].split()[1:]


def dashboard_modules():
    files = sorted((rules.HOME / "dashboard").rglob("*.py"))
    paths = [
        f.relative_to(rules.HOME).with_suffix("") for f in files if "__pycache__" not in f.parts
    ]
    return [".".join(Path(p).parts).removesuffix(".__init__") for p in paths]


def test_the_check_for_loaded_libraries_sees_them():
    assert loaded("import sklearn") == ["sklearn"]


def test_the_dashboard_loads_no_heavy_library():
    # Views are scripts: without a browser they may stop half-way, their imports come first.
    code = "\n".join(
        [
            "import importlib, logging, sys",
            "logging.disable(logging.CRITICAL)",
            "sys.argv = ['app.py', '--runs', 'no-such-folder']",
            f"for name in {dashboard_modules()}:",
            "    try:",
            "        importlib.import_module(name)",
            "    except ImportError:",
            "        raise",
            "    except BaseException as error:",
            "        print(name, 'stopped:', repr(error)[:200])",
        ]
    )
    assert loaded(code) == []


def test_the_command_line_starts_without_heavy_libraries():
    for argv in (["--help"], ["inspect", "--help"], ["runs", "list", "--runs", "no-such-folder"]):
        code = (
            "from analysis.cli import main\n"
            f"try:\n    main({argv!r})\n"
            "except SystemExit as end:\n    assert not end.code, end.code"
        )
        assert loaded(code) == [], argv


def test_runs_load_no_heavy_library():
    names = [f.stem for f in (rules.HOME / "analysis/runs").glob("*.py") if f.stem != "__init__"]
    assert loaded("\n".join(f"import analysis.runs.{name}" for name in names)) == []
