"""Words of the reviews that a grammar writes: polar ones in two columns, and neutral ones.

Lists are strings with commas. "any" serves every kind of review; the others add words for films, books, restaurants.
"""

from __future__ import annotations

from functools import cache

KINDS = ("film", "book", "restaurant")

# symbol → kind → (negative, positive)
_POLAR: dict[str, dict[str, tuple[str, str]]] = {
    "adj": {
        "any": (
            "bad, terrible, awful, horrible, poor, dreadful, disappointing, mediocre, dire, lousy, pathetic, "
            "unpleasant, atrocious, appalling, miserable, feeble, forgettable, weak, annoying, ugly, sloppy, hopeless, "
            "dismal, sad, ridiculous, painful, tired, uninspired, second rate, embarrassing",
            "good, great, wonderful, excellent, superb, lovely, brilliant, fantastic, delightful, splendid, "
            "marvellous, perfect, charming, impressive, terrific, fine, beautiful, outstanding, pleasant, magnificent, "
            "amazing, memorable, remarkable, glorious, nice, special, exciting, gorgeous, first rate, exquisite",
        ),
        "film": (
            "dull, boring, tedious, stupid, silly, flat, wooden, clumsy, lifeless, shallow, confusing, stale, lazy, "
            "cheesy, pointless, tiresome, noisy, empty, absurd, pretentious",
            "funny, gripping, thrilling, moving, clever, touching, witty, stylish, entertaining, tense, original, "
            "inspired, hilarious, imaginative, convincing, smart, powerful, honest, warm, breathtaking",
        ),
        "book": (
            "dull, boring, tedious, pretentious, clumsy, shallow, repetitive, confusing, unreadable, lifeless, smug, "
            "stale, wordy, preachy, laboured, irritating, tiresome, soulless, flat, silly",
            "moving, gripping, elegant, wise, witty, original, engaging, absorbing, compelling, poetic, vivid, subtle, "
            "clever, tender, honest, lively, graceful, thoughtful, warm, funny",
        ),
        "restaurant": (
            "bland, tasteless, greasy, stale, soggy, revolting, disgusting, inedible, boring, dull, overcooked, nasty, "
            "careless, tough, watery",
            "delicious, tasty, fresh, juicy, heavenly, divine, crisp, generous, satisfying, inventive, clever, honest, "
            "comforting, elegant, colourful",
        ),
    },
    "manner": {  # of people who serve
        "any": (
            "rude, slow, grumpy, unfriendly, arrogant, careless, cold, impatient, clueless, lazy",
            "friendly, quick, cheerful, attentive, kind, polite, warm, patient, helpful, thoughtful",
        )
    },
    "better": {
        "any": (
            "worse, poorer, sadder, uglier, more annoying, more forgettable, more disappointing",
            "better, finer, nicer, lovelier, more charming, more memorable, more impressive",
        ),
        "film": ("weaker, sillier, duller, lazier, more boring", "stronger, smarter, funnier, wittier, more exciting"),
        "book": ("weaker, sillier, duller, clumsier, more boring", "stronger, wiser, funnier, wittier, more moving"),
        "restaurant": ("blander, greasier, more careless, more tasteless", "tastier, fresher, kinder, more delicious"),
    },
    "adverb": {
        "any": (
            "badly, poorly, carelessly, clumsily, lazily, horribly, dreadfully, sloppily",
            "beautifully, wonderfully, cleverly, brilliantly, skilfully, lovingly, superbly, perfectly",
        )
    },
    "like": {
        "any": (
            "hate, dislike, loathe, detest, despise",
            "love, enjoy, like, adore, admire",
        )
    },
    "liked": {
        "any": (
            "hated, disliked, loathed, detested, despised",
            "loved, enjoyed, liked, adored, admired",
        )
    },
    "please": {
        "any": (
            "bore, annoy, irritate, disappoint, bother, depress, disgust, exhaust, upset, anger",
            "delight, amuse, charm, please, thrill, entertain, impress, surprise, move, cheer",
        )
    },
    "pleased": {
        "any": (
            "bored, annoyed, irritated, disappointed, bothered, depressed, disgusted, exhausted, upset, angered",
            "delighted, amused, charmed, pleased, thrilled, entertained, impressed, surprised, moved, cheered",
        )
    },
    "noun": {
        "any": (
            "disaster, mess, bore, flop, disgrace, failure, letdown, catastrophe, ordeal, nightmare, waste, shame",
            "masterpiece, gem, treat, triumph, delight, joy, marvel, success, wonder, pleasure, treasure, hit",
        )
    },
    "quality": {
        "any": (
            "clichés, flaws, mistakes, nonsense, vulgarity, arrogance, laziness, confusion, boredom, ugliness",
            "charm, wit, warmth, humour, sparkle, imagination, elegance, energy, grace, beauty",
        )
    },
    "advice": {
        "any": (
            "stay away, avoid, save your money, one star, I want my money back, what a waste of money, spare yourself, "
            "look elsewhere, a waste of an evening, never again",
            "highly recommended, go, do yourself a favour, five stars, I want to go back to it, worth every penny, "
            "treat yourself, look no further, an evening well spent, once more please",
        )
    },
    "result": {
        "film": (
            "I left before the end, I fell asleep, half of the room walked out",
            "I stayed for the credits, I forgot the time, the whole room stood up",
        ),
        "book": (
            "I gave it away, I stopped on page ten, I threw it at the wall",
            "I bought it twice, I read it in one night, I missed my stop",
        ),
        "restaurant": (
            "I left half of it, we ate at home afterwards, I felt ill",
            "I ordered a second plate, we booked again at once, I licked the plate",
        ),
    },
    "too": {
        "any": ("too, much too, far too, a bit too", "not too, never too, not at all too, by no means too"),
    },
    "end": {
        "any": ("to bear, to go on with, to recommend, to mention", "to miss, to forget, to ignore, to leave out"),
    },
    "wish": {
        "any": (
            "I was afraid of, I feared, I dreaded, I was warned about, I was worried about",
            "I was hoping for, I hoped for, I longed for, I was promised, I was dreaming of",
        )
    },
}

_NEUTRAL: dict[str, dict[str, str]] = {
    "this": {
        "film": "this film, the film, this movie, the movie, this one",
        "book": "this book, the book, this novel, the novel, this one",
        "restaurant": "this place, the place, this restaurant, the restaurant, this one",
    },
    "work": {
        "film": "film, movie, picture",
        "book": "book, read, piece of writing",
        "restaurant": "place, spot, address",
    },
    "thing": {
        "film": "acting, plot, script, cast, dialogue, ending, music, soundtrack, story, editing, opening, lighting, "
        "camera work, direction, hero, heroine, villain, first half, second half, finale",
        "book": "plot, prose, story, style, language, ending, opening, dialogue, narrator, hero, heroine, translation, "
        "first chapter, last chapter, middle part, title, voice, villain, first half, second half",
        "restaurant": "food, soup, steak, fish, pasta, curry, dessert, bread, breakfast, salad, pizza, risotto, "
        "chicken, cake, starter, main course, tasting menu, pie, lamb, sauce",
    },
    "things": {
        "film": "actors, jokes, songs, costumes, effects, characters, action scenes, leads, dances, villains",
        "book": "characters, descriptions, chapters, sentences, poems, stories, pictures, jokes, ideas, villains",
        "restaurant": "desserts, starters, vegetables, noodles, chips, cakes, dumplings, tacos, burgers, mushrooms",
    },
    "made": {
        "film": "shot, acted, edited, written, lit, directed",
        "book": "written, told, plotted, translated, edited, observed",
        "restaurant": "cooked, served, seasoned, prepared, presented, grilled",
    },
    "rival": {
        "film": "the first one, the stage play, the original, the remake, his last film, the sequel, the trailer",
        "book": "the first one, the screen version, the original, her last novel, his debut, the sequel, volume two",
        "restaurant": "the one next door, the old one, the bar across the street, the chain in the mall, their first "
        "restaurant, the hotel kitchen, the canteen, the café by the station",
    },
    "see": {"film": "watch, see", "book": "read", "restaurant": "visit, try"},
    "of this kind": {
        "film": "musicals, westerns, war films, cartoons, horror films",
        "book": "crime novels, love stories, poems, war novels, diaries",
        "restaurant": "noodle bars, steak houses, hotel kitchens, fish restaurants, tea rooms",
    },
    "people": {
        "any": "my brother, my sister, my mother, my neighbour, a friend, my wife, my husband, the critic, my boss"
    },
    "everyone": {"any": "the critics, my friends, my parents, most people, the newspapers, the neighbours"},
    "staff": {"any": "waiter, waitress, service, chef, owner, manager, woman at the door"},
    "strong": {
        "any": "absolutely, utterly, extremely, truly, incredibly, deeply, thoroughly, completely, remarkably, "
        "terribly, awfully, exceptionally"
    },
    "mild": {"any": "slightly, a little, a bit, somewhat, mildly, faintly, fairly, a touch"},
    "degree": {"any": ", , , very, really, quite, rather, so, pretty, truly, extremely, simply"},
    "much": {"any": ", much, far, a lot, a little"},
    "unmet": {"any": "that is not what I got, it was nothing of the kind, I was wrong, it turned out otherwise"},
    "met": {"any": "that is what I got, it was just that, I was right, it turned out that way"},
    "man": {"any": "doctor, nurse, sailor, painter, teacher, farmer, king, widow, clerk, singer, thief, spy"},
    "day": {"any": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"},
    "is": {"any": "is, was"},
    "are": {"any": "are, were"},
    "such": {"any": ", , very, really, that, all that, particularly"},
    "part": {
        "film": "it, this film, the first half, the second half, the ending, the opening, the story",
        "book": "it, this book, the first chapter, the last chapter, the ending, the middle part, the story",
        "restaurant": "the soup, the curry, the fish, the pasta, the sauce, the salad, the stew",
    },
    "excess": {
        "film": "long, loud, slow, violent, complicated, sentimental, dark",
        "book": "long, slow, solemn, violent, complicated, sentimental, dark",
        "restaurant": "spicy, salty, sweet, oily, rich, heavy, dry",
    },
    "maker": {
        "film": "director, writer, producer",
        "book": "writer, author, editor",
        "restaurant": "cook, chef, owner",
    },
    "scene": {"film": "scene, moment, minute", "book": "page, chapter, line", "restaurant": "dish, bite, plate"},
}


@cache
def polar(symbol: str, kind: str) -> tuple[list[str], list[str]] | None:
    """The negative and the positive words of a symbol for a kind of review; None if it is not polar."""
    if symbol not in _POLAR:
        return None
    parts = [_POLAR[symbol][k] for k in ("any", kind) if k in _POLAR[symbol]]
    return _listed(*(part[0] for part in parts)), _listed(*(part[1] for part in parts))


@cache
def neutral(symbol: str, kind: str) -> list[str] | None:
    """The words of a symbol that carries no opinion, for a kind of review; None if there is no such symbol."""
    if symbol not in _NEUTRAL:
        return None
    return _listed(*(_NEUTRAL[symbol][k] for k in ("any", kind) if k in _NEUTRAL[symbol]))


def _listed(*lists: str) -> list[str]:
    return [word.strip() for words in lists for word in words.split(",")]
