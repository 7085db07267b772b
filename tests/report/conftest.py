import pytest
from report_runs import audit, inspection, removal

from analysis.report.document.chain import follow
from analysis.report.document.facts import facts_of
from analysis.runs.store import RunStore


@pytest.fixture(scope="session")
def one_run(tmp_path_factory):
    """(folder, run_id) of a lone inspection that found a backdoor."""
    root = tmp_path_factory.mktemp("runs")
    return root, inspection(root)


@pytest.fixture(scope="session")
def whole_chain(tmp_path_factory):
    """(folder, run_ids) of inspection, removal, re-inspection and audit."""
    root = tmp_path_factory.mktemp("chain")
    first = inspection(root)
    second = removal(root, first)
    third = inspection(root, "not_found", "not_found", parent=second)
    return root, (first, second, third, audit(root, second))


@pytest.fixture(scope="session")
def facts(one_run):
    root, run_id = one_run
    return facts_of(follow(RunStore(root).open(run_id)))


@pytest.fixture(scope="session")
def chain_facts(whole_chain):
    root, ids = whole_chain
    return facts_of(follow(RunStore(root).open(ids[0])))
