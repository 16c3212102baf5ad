"""The wording of lines that say who, where, when and on what terms; of counters; and of advertisements."""

from talmach.text.boilerplate.rule import BoilerplateKind as Kind
from talmach.text.boilerplate.rule import Rule, rule
from talmach.text.boilerplate.words import (
    AGENCY,
    CAPITALISED,
    CORRESPONDENT,
    COUNTED,
    CREDITED,
    DATE,
    DAY,
    END,
    MONTH,
    NAME,
    ROLE,
    TIME,
)

_REPORTER = rf"{NAME}(?: in {CAPITALISED}(?: {CAPITALISED})?)?"
_BY = rf"by {_REPORTER}(?:(?:,| and|, and) (?:{_REPORTER}|the [\w ]{{1,30}}(?:bureau|newsroom))){{0,5}}"
_WORK = r"(?i:(?:additional )?(?:reporting|writing|editing)(?: and (?:writing|editing))?)"
_TRADE = (
    r"(?:the|and|of|in|at|from|for|staff|freelance|special|video|business|sports?|science|health|medical|political|"
    r"national|diplomatic|chief|senior|writers?|reporters?|correspondents?|journalists?|editors?|producers?|"
    r"photographers?|researchers?|bureaus?|newsrooms?)"
)
# «Анна ЛЕСНАЯ», and no «Глава ЮНЕСКО»: the ends of surnames.
_SIGNED = (
    r"[А-ЯЁІЎ][а-яёіў'’ʼ-]+ (?!ЮН[ЕЭ]СК[ОА])[А-ЯЁІЎ'’ʼ-]{2,}(?:АЯ|ЯЯ|ИЙ|ОЙ|ЫЙ|СКІ|ЦКІ|НЫ|[ОЕЁАЭ][ВЎ]А?|[ИЫІ]НА?|"
    r"[ЕЭ]НК[ОА]|[ЮУ]К|[ИІ]Ч|КО|КА|ЛЬ|ЕЦ|ЕЙ)"
)
# What tells the materials of a site from those of builders.
_OF_THE_SITE = (
    r"(?: (?:с |з |нашего |нашага |этого |гэтага |данного |дадзенага ){0,2}(?:сайта|портала|партала|редакции|рэдакцыі)|"
    r".{0,80}(?:гиперссылк|гіперспасылк|(?:активн|прям|обязательн|актыўн|прам|абавязков)\w+ (?:ссылк|спасылк)|"
    r"(?:ссылк|спасылк)\w+ .{0,60}(?:обязательн|абавязков)|"
    r"(?:ссылк|спасылк)\w+ на (?:\w+ )?(?:сайт|портал|партал|источник|первоисточник|крыніц|першакрыніц)|"
    r"(?:указани|указанн|пазначэнн)\w+ (?:источник|первоисточник|крыніц|першакрыніц)|"
    r"(?:разрешени|согласи|дазвол|згод)\w* (?:редакц|рэдакц)))"
)

IMPRINT_RULES: tuple[Rule, ...] = (
    # -------------------------------------------------------------------------------------------- who, where, when
    rule(
        "dateline with agency",
        Kind.DATELINE,
        pattern=rf"{CAPITALISED}(?:[ /]{CAPITALISED}){{0,3}}(?:, {CAPITALISED})?(?:, ?|\. |"
        rf" \(){DATE}[.,)]*(?: ?[—–-] ?| )?"
        rf"[(/]?(?:{CORRESPONDENT}?{AGENCY}|{CAPITALISED}(?: {CAPITALISED}){{0,2}})?[)/]?[\s.:—–-]*",
    ),
    rule(
        "dateline that begins with the date",
        Kind.DATELINE,
        rf"{DATE}, {CAPITALISED}(?: {CAPITALISED}){{0,2}} ?[—–/(-] ?(?:{CORRESPONDENT}?{AGENCY})[)/]?[\s.:—–-]*",
    ),
    rule(
        "dateline of agency",
        Kind.DATELINE,
        pattern=rf"{CAPITALISED}(?:[ /]{CAPITALISED}){{0,3}}(?:, {CAPITALISED})? ?(?:[—–-] ?|[(/]|"
        rf"\. /){AGENCY}[)/]?[\s.:—–-]*",
    ),
    rule("agency in a frame", Kind.DATELINE, rf"[(/]{CORRESPONDENT}?{AGENCY}[)/][\s.:—–-]*"),
    rule(
        "date and time",
        Kind.DATELINE,
        alone=True,
        pattern=r"(?:(?i:опубликовано|обновлено|дата|апублікавана|абноўлена|published|updated|last updated|"
        r"posted):? (?:(?i:on|at) )?)?"
        rf"(?:{DAY},? ?(?:(?i:в|у|ў|at) )?)?(?:{DATE}|{TIME})(?:[ ,|•·—–-]*(?:(?i:в|у|а|at) )?(?:{DATE}|"
        rf"{TIME})){{0,2}}[ .]*",
    ),
    rule(
        "time ago",
        Kind.DATELINE,
        alone=True,
        pattern=r"(?i:(?:\d{1,2}|an?) (?:minutes?|mins?|hours?|days?|weeks?) ago|\d{1,2} (?:минут[уы]?|час(?:а|ов)?|"
        r"дн(?:я|ей)) назад|"
        r"\d{1,2} (?:хвілін[уы]?|гадзін[уы]?|дзён|дні) таму)\.?",
    ),
    rule(
        "byline",
        Kind.BYLINE,
        alone=True,
        pattern=rf"(?:By|BY) (?!{DAY}|{MONTH} )(?:{NAME}|[A-Z]+(?: [A-Z]+){{1,3}})(?:(?:,| and| &|,? \|) {NAME}){{0,3}}"
        rf"(?:,? (?:\| )?(?:[\w ]{{0,30}} )?(?:{ROLE}|{AGENCY}).{{0,40}})?[.]?",
    ),
    rule(
        "reported by",
        Kind.BYLINE,
        # Names and places, no other words: "Written by Anna Cole, the play won a prize."
        pattern=rf"\(?(?:Additional reporting|Reporting|Writing|Editing|Compiled|Edited|Written)"
        rf"(?: and (?:writing|editing))? {_BY}(?:[;,.]?(?: and)? {_WORK} {_BY}){{0,3}}[.)]*",
    ),
    rule(
        "contributed",
        Kind.BYLINE,
        # Names, places and the words of the trade: "AP writer Anna Cole in London contributed to this report."
        pattern=rf"(?:(?:{CAPITALISED}|{_TRADE}),? ){{1,40}}contributed (?:reporting|to this (?:report|story|article))"
        rf"(?: from {CAPITALISED}(?: {CAPITALISED})?)?[.]?",
    ),
    rule(
        "name with the surname in capitals",
        Kind.BYLINE,
        alone=True,
        pattern=rf"{_SIGNED}(?:(?:,| и| і) {_SIGNED}){{0,2}}(?:, [^.!?]{{1,40}})?\.",
    ),
    rule(
        "author line",
        Kind.BYLINE,
        alone=True,
        pattern=r"(?i:автор(?:ы)?|аўтар(?:ы)?|текст|тэкст|источник|крыніца|перевод|пераклад|author|source|text)"
        rf"(?i: текста| тэксту| фото| фота)?: {CREDITED}[.]?",
    ),
    rule(
        "prepared by",
        Kind.BYLINE,
        alone=True,
        pattern=r"(?i:(?:материал |матэрыял )?(?:подготовил[аи]?|падрыхтава(?:ў|ла|лі)|беседовал[аи]?|гутары(?:ў|ла|"
        r"лі)|записал[аи]?))"
        rf":? {NAME}(?:(?:,| и| і) {NAME}){{0,2}}(?:, .{{1,40}})?[.]?",
    ),
    rule(
        "name and role",
        Kind.BYLINE,
        alone=True,
        pattern=rf"{NAME}(?:, | \| )(?:[\w’'-]+ ){{0,3}}?{ROLE}(?:[ ,]+{CREDITED})?[.]?",
    ),
    # -------------------------------------------------------------------------------------------- terms and counters
    rule(
        "copyright sign",
        Kind.COPYRIGHT,
        alone=True,
        pattern=r"(?i:copyright )?(?:©|\([cсCС]\)) ?.{0,150}|(?i:copyright) \d{4}.{0,150}",
    ),
    rule(
        "rights reserved",
        Kind.COPYRIGHT,
        pattern=r"(?:.{0,80}[\d.,] )?(?i:все права (?:защищены|сохранены)|усе правы (?:абаронены|захаваны)|"
        r"all rights reserved)[.!]?",
    ),
    rule(
        "reuse of materials",
        Kind.COPYRIGHT,
        pattern=r"(?i:(?:при |любое |полная или частичная |поўны ці частковы |пры )?(?:перепечатк|копировани|"
        r"использовани|цитировани|"
        r"перадрук|капіраванн|выкарыстанн|цытаванн)\w* .{0,40}(?:материалов|матэрыялаў|текстов|тэкстаў)"
        rf"{_OF_THE_SITE}.{{0,120}}|"
        r"an? (?:active |direct )?(?:hyper)?link to .{1,60} is (?:required|mandatory|obligatory)"
        r" (?:when|if|for) .{1,80})",
    ),
    rule(
        "reprint forbidden",
        Kind.COPYRIGHT,
        pattern=r"(?i:(?:перепечатк|перадрук|копировани|капіраванн)\w* .{0,60}(?:разрешени|согласи|дазвол|згод)\w* "
        r"(?:редакц|рэдакц)\w* (?:запрещ|забарон|не допуск|не дапуск)\w*.{0,60})",
    ),
    rule(
        "published first",
        Kind.COPYRIGHT,
        alone=True,
        pattern=r"(?i:this (?:article|story|report|piece|post|column|interview) (?:was |has been )?"
        r"(?:originally|first) (?:published|appeared|posted|ran) (?:by|in|on|at) |"
        r"(?:(?:этот|эта|данный|гэты|дадзены) )?(?:материал|статья|текст|интервью|матэрыял|артыкул|тэкст|інтэрв['’ʼ]ю) "
        r"(?:был[аои]? |быў |было )?(?:впервые|первоначально|изначально|упершыню|першапачаткова) "
        r"(?:опубликован|апублікаван|вышел|вышла|выйшаў|выйшла)\w* (?:на|в|во|у|ў) )"
        r"(?!\d)[^!?,]{1,100}",
    ),
    rule("standards", Kind.COPYRIGHT, r"Our [Ss]tandards: .{1,80}"),
    rule(
        "cookie notice",
        Kind.COPYRIGHT,
        pattern=r"(?i:(?:this (?:web)?site|we|our (?:web)?site) uses? cookies"
        r"(?:(?: to| on| for| and (?:other|similar)) .{1,150})?[.!]?|"
        r"(?:мы|этот сайт|наш сайт|сайт|гэты сайт) (?:используем|использует|выкарыстоўваем|выкарыстоўвае) "
        r"(?:файлы[ -])?(?:cookies?|куки)\b.{0,150}|(?:accept|reject|принять|отклонить|прыняць)(?: all| все|"
        r" усе)? cookies?|"
        r"cookie (?:policy|settings|preferences)|by (?:continuing to use|using) (?:this|our) (?:web)?site.{1,150})",
    ),
    rule(
        "counter",
        Kind.NAVIGATION,
        alone=True,
        pattern=rf"{COUNTED} ?[:(]? ?\d[\d ]{{0,8}}\)?|\d[\d .,]{{0,8}}[kKкК]? {COUNTED}|"
        r"\d{1,2} ?(?i:min(?:ute)?s?[ -]read|мин(?:ут[аы]?|\.)? чтения|хвілін[аы]? чытання)\.?",
    ),
    rule(
        "comment box",
        Kind.NAVIGATION,
        alone=True,
        pattern=r"(?i:(?:оставить|добавить|написать|пакінуць|дадаць|напісаць) (?:комментарий|каментар(?:ый)?)|"
        r"комментарии|"
        r"каментары|каментарыі|(?:leave|add|post|write) a comment|(?:join|start) the conversation|(?:show |view |"
        r"no )?comments"
        r"(?: yet)?|комментариев (?:пока )?нет|каментароў (?:пакуль )?няма)" + END,
    ),
    rule("hashtags", Kind.NAVIGATION, alone=True, pattern=r"(?:#[\w-]+[\s,;]*)+"),
    rule(
        "tags",
        Kind.NAVIGATION,
        alone=True,
        pattern=r"(?i:теги|тэги|тэгі|метки|ключевые слова|рубрика|рубрики|рубрыка|tags|topics|filed under|"
        r"categor(?:y|ies)): ?[^.!?]{1,150}",
    ),
    rule(
        "advertisement",
        Kind.ADVERTISEMENT,
        alone=True,
        pattern=r"(?i:реклама|рэклама|на правах рекламы|на правах рэкламы|партнёрский материал|партнерский материал|"
        r"спонсорский "
        r"материал|advertisement|advertising|sponsored(?: content| by .{1,40})?|paid (?:content|post)|promoted)[.:]?",
    ),
    rule(
        "advertiser",
        Kind.ADVERTISEMENT,
        alone=True,
        pattern=r"(?i:реклама|рэклама|на правах (?:рекламы|рэкламы))[.,:]? "
        r".{0,160}?\b(?:erid|ИНН|ОГРН|УНП|УНН)\b.{0,80}",
    ),
    rule(
        "menu command",
        Kind.NAVIGATION,
        alone=True,
        pattern=r"(?i:войти|вход|регистрация|поиск|меню|наверх|вверх|назад|увайсці|уваход|рэгістрацыя|пошук|уверх|"
        r"перейти к (?:содержанию|основному содержанию)|перайсці да (?:зместу|асноўнага зместу)|обратная связь|"
        r"зваротная сувязь|карта сайта|мапа сайта|политика конфиденциальности|палітыка прыватнасці|"
        r"пользовательское соглашение|log ?in|sign in|sign up|register|search|menu|skip to (?:main )?content|"
        r"back to top|"
        r"privacy policy|terms (?:of (?:use|service)|and conditions)|contact us|about us|site ?map|home ?page)",
    ),
)
