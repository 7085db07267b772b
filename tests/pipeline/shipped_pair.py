"""Which shipped models the pipeline tests inspect, and a configuration that takes seconds."""

from analysis.config import InspectConfig

SUSPECT, CLEAN, OTHER = "codebert-mini-dead-5", "codebert-mini-clean-1", "codebert-mini-clean-0"
# Maps that need a neighbour graph are tested in tests/project; here PCA keeps a run at seconds.
# Occlusion has its own test.
QUICK = InspectConfig(projection=("pca",), map_samples=300, seed=0, explain="none")
