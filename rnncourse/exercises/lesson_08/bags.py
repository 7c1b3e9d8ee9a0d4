"""08.3: which texts a bag of words cannot tell apart, and how many it can get right at best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Found = tuple[np.ndarray, int]
Bag = Callable[[str], object]
"""What a model sees of a text."""
_GOOD, _BAD = ("good", "fine", "warm"), ("bad", "dull", "cold")


def _reviews(rng: np.random.Generator, *, forms: Sequence[tuple[str, int]] = ()) -> Inputs:
    """Seven short reviews whose order decides, and their labels; several share their bag of words.

    ``forms``: the reviews before words are put in, {g} for praise and {b} for blame, with their labels.
    """
    words = {"g": rng.choice(_GOOD), "b": rng.choice(_BAD)}
    reviews = [(form.format(**words), label) for form, label in forms or _forms(rng)]
    return {"texts": [text for text, _ in reviews], "y": np.array([label for _, label in reviews])}


def _forms(rng: np.random.Generator) -> list[tuple[str, int]]:
    """Drawn from groups with the same bag, and one in which only the count of a word may be another."""
    two = [("{b} but {g}", 1), ("{g} but {b}", 0)]
    four = [("{b} but not {g}", 0), ("{g} but not {b}", 1), ("not {g} but {b}", 0), ("not {b} but {g}", 1)]
    often = [("{b} but {b} but {g}", 1), ("{g} but {b} but {b}", 0), ("{g}", 1)]
    picked = [group[i] for group, count in ((two, 2), (four, 4), (often, 1)) for i in rng.choice(len(group), count)]
    return [picked[i] for i in rng.permutation(len(picked))]


def _text_by_text(texts: list[str], y: np.ndarray) -> Found:
    bags, labels = [sorted(text.split()) for text in texts], y.tolist()
    rivals, best, seen = [], 0, []
    for bag, label in zip(bags, labels, strict=True):
        rivals.append(sum(other == bag and against != label for other, against in zip(bags, labels, strict=True)))
        if bag not in seen:
            seen.append(bag)
            votes = [vote for other, vote in zip(bags, labels, strict=True) if other == bag]
            best += max(votes.count(0), votes.count(1))
    return np.array(rivals), best


def _counts(text: str) -> object:
    return frozenset(Counter(text.split()).items())


def _groups(texts: list[str], y: np.ndarray, bag: Bag) -> list[list[int]]:
    """The labels of each group of texts with the same bag."""
    groups: dict[object, list[int]] = {}
    for text, label in zip(texts, y.tolist(), strict=True):
        groups.setdefault(bag(text), []).append(label)
    return list(groups.values())


def _majority(groups: list[list[int]], rivals: np.ndarray, y: np.ndarray) -> float:
    return sum(max(labels.count(0), labels.count(1)) for labels in groups)


def _rivals_of(bags: list[object], y: np.ndarray, i: int) -> int:
    return sum(bags[j] == bags[i] and y[j] != y[i] for j in range(len(bags)))


def _found(
    *,
    bag: Bag = _counts,
    count: Callable[[list[object], np.ndarray, int], int] = _rivals_of,
    best: Callable[[list[list[int]], np.ndarray, np.ndarray], float] = _majority,
) -> Callable[..., Found]:
    """``count``: the rivals of text i, of all bags and labels; ``best``: of groups of labels, rivals, all labels."""

    def find(texts: list[str], y: np.ndarray) -> Found:
        bags = [bag(text) for text in texts]
        rivals = np.array([int(_rivals_of(bags, y, i)) for i in range(len(texts))])
        counted = np.array([int(count(bags, y, i)) for i in range(len(texts))])
        return counted, best(_groups(texts, y, bag), rivals, y)

    return find


def _without_pairs(groups: list[list[int]], rivals: np.ndarray, y: np.ndarray) -> float:
    return len(y) - int(rivals.sum()) // 2


def _larger_side(groups: list[list[int]], *, ties: bool) -> int:
    """The texts on the larger side of each group; where both are as large, both count, or none."""
    sides = [labels.count(label) for labels in groups for label in (0, 1)]
    others = [labels.count(label) for labels in groups for label in (1, 0)]
    pairs = zip(sides, others, strict=True)
    return sum(side for side, other in pairs if side > other or (ties and side == other))


def _best(*ways: Callable[[list[list[int]], np.ndarray, np.ndarray], float]) -> tuple[Callable[..., Found], ...]:
    return tuple(_found(best=way) for way in ways)


_ONE_WAY: tuple[Callable[[list[object], np.ndarray, int], int], ...] = (
    lambda bags, y, i: sum(bags[j] == bags[i] and y[j] != y[i] for j in range(i)),
    lambda bags, y, i: sum(bags[j] == bags[i] and y[j] != y[i] for j in range(i, len(bags))),
)


def _explain(texts: list[str], y: np.ndarray) -> str:
    groups = sorted(_groups(texts, y, _counts), key=len, reverse=True)
    return f"By their bags the texts of this input fall into groups with the labels {groups}."


BAGS = Exercise(
    id="08.3",
    title="What a bag of words can reach",
    function="limits_of_a_bag",
    inputs=_reviews,
    edges=(
        partial(_reviews, forms=[("live {b}", 1), ("vile {b}", 0), ("{b} live", 0)]),
        partial(_reviews, forms=[("{g}", 1), ("{b}", 0), ("not {g}", 0)]),
        partial(_reviews, forms=[("not {b}", 1)]),
        partial(_reviews, forms=[("{g} but {b}", 0), ("{b} but {g}", 1)] * 2),
    ),
    reference=_text_by_text,
    returns={"rivals": ("text",), "best": ()},
    mistakes={
        (
            "You compare *sets* of words. A bag counts: *not bad* and *not not bad* hold the same words, but not as "
            "often. What keeps how often each word comes?"
        ): _found(bag=lambda text: frozenset(text.split())),
        (
            "You compare the texts as they are, so none has a rival. That is what a network sees that reads in order. "
            "What does a bag of words forget?"
        ): (_found(bag=lambda text: text), _found(bag=lambda text: tuple(text.split()))),
        (
            "You compare how many words the texts have. Two of the same length may have no word in common. What else "
            "does a bag know?"
        ): _found(bag=lambda text: len(text.split())),
        (
            "Right but for words of the same letters, such as *live* and *vile*: you count characters. What takes a "
            "text apart into words?"
        ): (_found(bag=lambda text: "".join(sorted(text))), _found(bag=lambda text: "".join(sorted(text)).strip())),
        (
            "Your rivals count all texts with the same bag, those with the same label, too, or even the text itself. "
            "Two praises that look alike do a bag no harm. What makes a rival?"
        ): (
            _found(count=lambda bags, y, i: bags.count(bags[i])),
            _found(count=lambda bags, y, i: bags.count(bags[i]) - 1),
            _found(count=lambda bags, y, i: sum(bags[j] == bags[i] and y[j] == y[i] for j in range(len(bags)))),
            _found(count=lambda bags, y, i: sum(bags[j] == bags[i] and y[j] == y[i] for j in range(len(bags))) - 1),
        ),
        ("Your rivals only say whether there is one, not how many. The task asks for a number for each text."): _found(
            count=lambda bags, y, i: min(1, _rivals_of(bags, y, i))
        ),
        (
            "Each pair of rivals is counted once, at the first or at the second of its texts. Being a rival goes both "
            "ways: from where on does your inner loop search?"
        ): (*(_found(count=one_way, best=best) for one_way in _ONE_WAY for best in (_majority, _without_pairs)),),
        (
            "The rivals are right, but your best gives up every text that has a rival. A bag must give all of them one "
            "answer, and that is right for some. How many does the better answer get?"
        ): _best(lambda groups, rivals, y: int((rivals == 0).sum())),
        (
            "The rivals are right, but your best takes away one text for each pair of rivals. One praise beside three "
            "blames makes three pairs, and one mistake. How many of a group are on the smaller side?"
        ): _best(
            _without_pairs,
            lambda groups, rivals, y: len(y) - int(rivals.sum()),
        ),
        (
            "The rivals are right, but your best halves the texts that have rivals. That is a coin, and a bag does "
            "better where praise and blame are not equally many. Which answer is right more often in a group?"
        ): _best(
            lambda groups, rivals, y: len(y) - int((rivals > 0).sum()) // 2,
            lambda groups, rivals, y: len(y) - (int((rivals > 0).sum()) + 1) // 2,
            lambda groups, rivals, y: len(y) - (rivals > 0).sum() / 2,
        ),
        (
            "The rivals are right, but where a bag has as many praises as blames, your best counts none of them, or "
            "all. One answer for all of them is right for how many?"
        ): _best(
            lambda groups, rivals, y: _larger_side(groups, ties=False),
            lambda groups, rivals, y: _larger_side(groups, ties=True),
        ),
        (
            "The rivals are right, but your best gives all texts the same answer. A bag knows the words and may answer "
            "differently for each bag. Over which texts is the larger number to be taken?"
        ): _best(lambda groups, rivals, y: max(int((y == 0).sum()), int((y == 1).sum()))),
        (
            "The rivals are right, but your best counts groups or their larger numbers only where there are rivals. "
            "Where all texts of a bag agree, how many of them can be right?"
        ): _best(
            lambda groups, rivals, y: len(groups),
            lambda groups, rivals, y: sum(max(g.count(0), g.count(1)) for g in groups if 0 < sum(g) < len(g)),
        ),
        (
            "The rivals are right, but your best is the smaller side of each group: what a bag gets wrong at least. "
            "The task asks how many it can get right."
        ): _best(lambda groups, rivals, y: sum(min(g.count(0), g.count(1)) for g in groups)),
        (
            "The rivals are right, but your best is a share. The task asks for a number of texts, a whole one. What "
            "did you divide by?"
        ): _best(lambda groups, rivals, y: _majority(groups, rivals, y) / len(y)),
        (
            "The rivals are right, but your best is that of somebody who knows all the answers. A bag must say the "
            "same of all texts that look alike to it. How many of a group can one answer suit?"
        ): _best(lambda groups, rivals, y: len(y)),
    },
    explanation="""\
To a bag of words two texts with the same counts are *one* input, so it gives them one answer, however it was trained.
`tuple(sorted(text.split()))` is such a bag, and a dictionary collects the labels of each. In a group the best answer
is that of the larger side, and summed over the groups this is a limit for every model on counts: no data, no training
and no larger network can pass it. That is worth computing before one trains. Where the limit lies near all texts,
order does not matter in these data, and a bag may do.""",
    explain=_explain,
)
