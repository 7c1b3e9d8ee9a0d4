"""Dates between locales."""

import datetime
import re

import numpy as np
import pytest

from rnncourse.datasets import dates

SPLITS = ("train", "validation", "test")
MONTHS = {  # enough of each name to tell it from the others of its language, by hand
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
}


@pytest.fixture(scope="module")
def data():
    return dates(examples=3_000, seed=2)


def phrases(data, name):
    x, y = getattr(data, name)
    return data.source_vocabulary.decode(x), data.target_vocabulary.decode(y)


def read(phrase, locale):
    """The date that a phrase means, by a reader of its own."""
    if locale == "ja":
        return datetime.date(*map(int, re.findall(r"\d+", phrase)))
    if numbers := re.fullmatch(r"(\d\d)\.(\d\d)\.(\d{4})", phrase):
        return datetime.date(*map(int, reversed(numbers.groups())))
    day, year = map(int, re.findall(r"\d+", phrase))
    month = [word for word in re.findall(r"[^\W\d]+", phrase) if word != "de"][-1]  # before it, the day of the week
    (number,) = (i for i, name in enumerate(MONTHS[locale].split(), 1) if month.startswith(name))
    return datetime.date(year, number, day)


def test_every_phrase_means_its_target(data):
    for name in SPLITS:
        sources, targets = phrases(data, name)
        for source, target, locale in zip(sources, targets, data.locales[name], strict=True):
            assert read(source, locale).isoformat() == target


def test_days_of_the_week_are_right(data):
    weekdays = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
    sources, targets = phrases(data, "train")
    full = [(s, t) for s, t in zip(sources, targets, strict=True) if s.split(",")[0] in weekdays]
    assert len(full) > 50
    for source, target in full:
        assert weekdays[datetime.date.fromisoformat(target).weekday()] == source.split(",")[0]


def test_no_date_occurs_twice_and_all_lie_in_a_century(data):
    targets = [target for name in SPLITS for target in phrases(data, name)[1]]
    assert len(set(targets)) == len(targets) == 3_000
    assert min(targets) >= "1950-01-01" and max(targets) <= "2049-12-31"
    assert len({target[:4] for target in targets}) == 100


def test_locales_and_styles_have_equal_shares():
    data = dates(source=("en", "de"))
    assert np.mean(data.locales["train"] == "de") == pytest.approx(0.5, abs=0.03)
    sources = np.array(phrases(data, "train")[0])[data.locales["train"] == "de"]
    styles = [sum(bool(re.match(pattern, s)) for s in sources) for pattern in (r"[MDFS]\w+, ", r"\d+\. ", r"\d\d\.\d")]
    assert sum(styles) == len(sources)
    np.testing.assert_allclose(np.divide(styles, len(sources)), 1 / 3, atol=0.03)


def test_a_locale_may_be_the_target():
    data = dates(source="en", target="ja", examples=200)
    for source, target in zip(*phrases(data, "train"), strict=True):
        day = read(source, "en")
        assert target == f"{day.year}年{day.month}月{day.day}日"


def test_vocabularies_depend_on_the_locales_alone(data):
    other = dates(examples=20)
    assert other.source_vocabulary == data.source_vocabulary and other.target_vocabulary == data.target_vocabulary
    assert set(data.target_vocabulary.tokens[3:]) == set("-0123456789")
    assert (data.train[0] == 0).any() and not (data.train[0][:, 0] == 0).any()
    assert data.train[0].dtype == data.train[1].dtype == np.int32
    everything = dates(examples=18_000)  # nothing may be missing for any of them
    assert everything.source_vocabulary == data.source_vocabulary


def test_a_seed_gives_its_own_dates():
    assert not np.array_equal(dates(examples=100).train[1], dates(examples=100, seed=1).train[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 10}, "examples must be a whole number from 20 up, received 10"),
        ({"examples": 18_263}, "examples must be at most 18262, half of all dates, received 18263"),
        ({"seed": 0.0}, "seed must be a whole number from 0 up, received 0.0"),
        ({"source": ()}, r"source must name at least one locale and none twice, received \(\)"),
        ({"source": ("de", "de")}, r"source must name .* none twice, received \('de', 'de'\)"),
        ({"source": "klingon"}, "source must be a locale that Babel knows, such as 'en', received 'klingon'"),
        ({"target": "xx"}, "target must be a locale that Babel knows, such as 'en', received 'xx'"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        dates(**arguments)
