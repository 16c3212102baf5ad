"""Whether a short line makes a statement: a caption or a section title has no verb.

A guess from endings and a list of common forms that errs on the side of finding a verb: a sentence taken for a fragment
is lost to the summary, whereas a missed caption still has to win against the story's own sentences.
"""

import re
from itertools import pairwise

from talmach.summary.terms import terms_of
from talmach.text.characters import word_set

# Longer lines are sentences in practice, and a long list of endings finds something in all of them.
_LONGEST = 12  # words


_COPULA = re.compile(r"\s[—–-]\s")  # «Вербна — малы горад.» has no other verb
_CYRILLIC_ENDING = re.compile(
    r"..(?:"
    r"л|ла|ло|ли|лі|ў"  # past tense
    r"|[еёиюуая]т|[аеуюяэ]е|дзе|ем|[іыуюая]ць"  # present tense
    r"|ть|ти|чь|ці|чы"  # infinitive
    r"|[аеёия]н[аоы]?|[ыия]т[аоы]?"  # short participles and adjectives: «открыт», «построена»
    r")(?:ся|сь)?$|..цца$"
)
# Past tenses of men and things without -л: «умер», «вырас», «достиг», «прынёс». The roots that many nouns end in take
# only the prefixes that make a verb: «размер», «запрос», «навык», «отсек» are none.
_PREFIX = (
    r"(?:по|па|за|вы|у|ў|о|а|об|аб|от|ад|из|до|да|на|над|пере|пера|под|пад|при|пры|про|пра|опро|пре|препод|раз|рас|воз|"
    r"вз|уз|ўз|во|с|з|в)"
)
_BARE_PAST = re.compile(
    rf"{_PREFIX}?(?:н[её]с|в[её]з|мог|лез|м[её]рз|рос|полз|поўз|паўз|тряс|ж[её]г)(?:ся|сь)?"
    rf"|{_PREFIX}(?:стиг|сціг|креп|крэп|сох|глох|молк|моўк|тих|ціх|верг|шибся|вис|віс|гас|слеп|слаб|"
    r"вл[её]к|т[её]к|ц[её]к)(?:ся|сь)?"
    r"|(?:воз|про|при|по|в|с)ник|(?:уз|ўз|пра|з)нік|(?:у|вы|за|от|по)м[её]р|памёр"
    r"|(?:за|от|под)пер(?:ся)?|(?:при|у|о)пёр(?:ся)?|(?:вы|с|на|про|пра|за)[тц][её]р"
    r"|(?:пере|пера|рас|пре|под|за)с[её]к(?:ся)?|(?:ис|вы|за|с)п[её]к|(?:об|на|от)р[её]к(?:ся)?|(?:при|от|пры|ад)вык"
    r"|(?:из|при|с|у)бер[её]г|пренебр[её]г|(?:па|пад|пры)бег|(?:по|за)тух|(?:на|раз)бух|(?:о|рас)пух|(?:с|вы)шиб"
    r"|(?:по|па|за|при|пры|на|воз|раз|у|с|з)?л[её]г(?:ся)?|(?:вы|за|пера)сах"
    r"|вырас|погиб|исчез|спас(?:ся)?|воздвиг|(?:из|по|с|з)дох|(?:про|пра|на|вы|з)мок|дапамог|превозмог|иссяк|побл[её]к"
)
_IMPERATIVE = re.compile(r"\w{2,}(?:[ийь]те(?:сь)?|(?:[іыйьў]|[рм]эж|еш)це(?:ся)?)")
# «на сайте», «в зените», «у граніце» end as imperatives do.
_BEFORE_NOUN = word_set("в во на о об при у ў ва аб па пры")
_NOT_IMPERATIVE = word_set(
    "сайте асфальте пульте культе орбите элите свите щите плите кредите аудите лимите саммите граните зените монолите "
    "дефиците профиците визите транзите депозите быте сайце асфальце пульце арбіце эліце свіце шчыце пліце крэдыце "
    "аўдыце ліміце саміце граніце зеніце візіце транзіце дэпазіце дэфіцыце прафіцыце быце "
    "крыльце пальце кольце зеркальце яйце убийце"
)
# The present tense needs no verb behind a pronoun: «Она очень большая», «Гэта новая школа».
_CYRILLIC = word_set(
    "ёсць есть нет няма можно нельзя нужно трэба нельга вядома невядома известно "
    "готов готова готовы гатоў рад рада рады жив жива живы мёртв мертвы возможна возможны должны павінны "
    "ідзе едзе жыве прыйме прыме возьме займе пачне расце вырасце памрэ бярэ збярэ забярэ нясе прынясе "
    "я ты он она оно мы вы они это ён яна яно яны гэта"
)
_ENGLISH = word_set(
    "am is are was were be been being has have had do does did will would can could may might must shall should "
    "arose ate became become began begin begun bit blew bore bought bring broke brought build built burst buy came "
    "caught chose come cost cut dealt die drank draw drew drove dug fall fed fell felt fight find fled flew forgot "
    "fought found froze gave get give go goes got grew held hid hit hold hung hurt kept knew know laid lay lead led "
    "left lie lose lost made make mean meant meet met open overcame paid put quit ran rang read rise rode rose run "
    "said sang sank sat saw say see sell send sent set shook shot show shut sing sit slept sold sought spend spent "
    "spoke spread stand stole stood struck swam swept take taught tell think thought threw told took tore understood "
    "want went win withdrew woke won wore work wrote "
    # present tenses behind a plural, and what readers are told to do
    "add agree allow appear apply arrive ask attend avoid bake become beware believe boil choose consult continue eat "
    "ensure expect fear feel follow happen hope include join keep learn let live need pay please prepare pour receive "
    "remain remember remove require say seek seem serve stay survive try use visit wait warn wear"
)
# These are nouns as well: "Call the police", "Check your boiler", "Turn off the gas", "Drink more water".
_ENGLISH_ORDER = re.compile(
    r"(?:please )?(?:bring|buy|call|change|charge|check|chop|clean|click|contact|cook|cool|cover|cut|dial|dress|drink|"
    r"drive|email|fill|grate|heat|help|leave|lift|lock|look|mix|move|park|pack|peel|phone|pick|place|plan|press|report|"
    r"ring|search|share|slice|start|stir|stop|store|switch|taste|test|turn|walk|wash|watch|whisk) "
    r"(?:an?|the|your|my|our|their|his|her|its|this|that|these|those|all|any|each|every|some|no|it|them|him|us|me|off|"
    r"out|up|down|away|ahead|before|more|less|plenty|only|\d+)\b"
)
# A subject form, or a contraction of one with its verb: "I agree", "they're", "isn't".
_ENGLISH_CLAUSE = re.compile(r"(?:i|we|you|he|she|they|let)|.+['’](?:m|re|ve|ll|d|t)|(?:it|that|there|what|who)['’]s")
_ENGLISH_ENDING = re.compile(r"[a-z]{2,}(?:ed|[^su']s)")


def has_verb(text: str) -> bool:
    """Whether `text` is long, or some word of it may be a verb."""
    words = terms_of(text)
    if len(words) > _LONGEST or _COPULA.search(text) or _ENGLISH_ORDER.match(" ".join(words)):
        return True
    return any(_may_be_verb(word, previous) for previous, word in pairwise(("", *words)))


def _may_be_verb(word: str, previous: str) -> bool:
    if word[0].isascii():
        return word in _ENGLISH or bool(_ENGLISH_ENDING.fullmatch(word) or _ENGLISH_CLAUSE.fullmatch(word))
    if word in _CYRILLIC or _CYRILLIC_ENDING.search(word) or _BARE_PAST.fullmatch(word):
        return True
    return previous not in _BEFORE_NOUN and word not in _NOT_IMPERATIVE and bool(_IMPERATIVE.fullmatch(word))
