"""Write the same rows in every format: `python write.py FOLDER ROWS COLUMNS`, run by a project's own Python."""

import gzip
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet


def main(folder: Path, rows: int, columns: int) -> None:
    """Write data.csv, data.jsonl, data.libsvm and data.parquet, and a gzipped one beside each."""
    random = np.random.default_rng(0)
    features = random.normal(size=(rows, columns)).round(6)
    labels = [f"class{number}" for number in random.integers(0, 3, rows)]
    names = [str(index) for index in range(1, columns + 1)]
    with (
        (folder / "data.csv").open("w") as csv_file,
        (folder / "data.jsonl").open("w") as json_file,
        (folder / "data.libsvm").open("w") as libsvm_file,
    ):
        csv_file.write(f"{','.join(names)},label\n")
        for row, label in zip(features, labels, strict=True):
            cells = row.tolist()
            csv_file.write(f"{','.join(map(str, cells))},{label}\n")
            json_file.write(json.dumps(dict(zip(names, cells, strict=True)) | {"label": label}) + "\n")
            libsvm_file.write(
                f"{label} {' '.join(f'{name}:{cell}' for name, cell in zip(names, cells, strict=True))}\n"
            )
    given = {name: Array.from_numpy(features[:, index].copy()) for index, name in enumerate(names)}
    write_parquet(Table.from_pydict(given | {"label": Array(labels, DataType.string())}), folder / "data.parquet")
    for path in list(folder.iterdir()):
        with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=1) as packed:
            shutil.copyfileobj(plain, packed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
