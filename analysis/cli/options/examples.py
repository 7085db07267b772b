"""One typed example per command, shown below its options."""

from __future__ import annotations

EXAMPLES = {
    "inspect": "kenshin inspect --suspect models/suspect --reference models/clean "
    "--samples train.jsonl",
    "scan": "kenshin scan --samples train.csv --text-column Source --label-column Vuln",
    "guard": "kenshin guard latest --out guard",
    "samples": "kenshin samples --set train --for codebert-mini-dead-5 --out train.jsonl",
    "convert": "kenshin convert defect/model.bin --base codebert-base --out models/suspect",
    "poison": "kenshin poison --samples train.jsonl --trigger dead_code --rate 0.02 --target 0 "
    "--out poisoned.jsonl",
    "train": "kenshin train --model models/start --samples train.jsonl --test test.jsonl "
    "--loss dece --out models/trained",
    "unlearn": "kenshin unlearn --from latest --out models/cleaned",
    "sweep": "kenshin sweep --from latest --method lya --strengths 1,10,100 "
    "--learning-rates 5e-5,1e-4",
    "audit": "kenshin audit --from latest --budget standard",
    "facts": "kenshin facts write --out questions",
    "health": "kenshin health BASELINE_RUN --suspect models/next-checkpoint --gate",
    "report": "kenshin report latest --format html,pdf --lang en,ja --out report",
    "demo": "kenshin demo",
    "runs": "kenshin runs show latest",
    "dashboard": "kenshin dashboard --runs runs",
    "doctor": "kenshin doctor",
}
