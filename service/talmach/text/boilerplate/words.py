"""The recurring parts of boilerplate lines, as sources of regular expressions for `story` and `imprint`.

Case counts outside of ``(?i:...)``: a capital tells the name of a photographer from the beginning of a sentence.
"""


def _either(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


END = r"[\s.!:…→»>]*"
CAPITALISED = r"[A-ZА-ЯЁІЎ][\w.'’ʼ-]*"
NAME = rf"{CAPITALISED}(?: {CAPITALISED}){{1,3}}"
CHANNEL = (
    r"(?i:telegram|телеграм|тэлеграм|youtube|ютуб|instagram|инстаграм|інстаграм|facebook|фейсбук|фэйсбук|twitter|"
    r"твиттер|вконтакте|укантакце|vk\b|viber|вайбер|дзен|tik-?tok|тикток|тык-?ток|whatsapp|threads|одноклассник|"
    r"аднакласнік|linkedin|bluesky|mastodon|google news|x\b|соц[\w.-]{0,20}?сет|сац[\w.-]{0,20}?сет|"
    r"социальн\w{1,9} сет|сацыяльн\w{1,9} сет)"
    r"[\w-]*"
)
FEED = (
    rf"(?:{CHANNEL}|(?i:канал|рассылк|новост|навін|групп[уы]|паблик|паблік|страниц|старонк|подкаст|падкаст|"
    r"push|пуш|уведомлен|апавяшчэн|обновлен|абнаўлен)\w*)"
)
_MONTHS = (
    "январ[ья] янв феврал[ья] февр? марта? апрел[ья] апр ма[йяю] июн[ья] июл[ья] августа? авг сентябр[ья] сент? "
    "октябр[ья] окт ноябр[ья] нояб? декабр[ья] дек студзен[ья] студз люты лютага сакавіка? красавіка? тра[ўв]е?н[ья] "
    "чэрвен[ья] ліпен[ья] жні[вў]е?н[ья] верасе?н[ья] кастрычніка? лістапада? снеж(?:ань|ня) "
    "jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june? july? aug(?:ust)? sept?(?:ember)? oct(?:ober)? "
    "nov(?:ember)? dec(?:ember)?"
)
MONTH = rf"(?i:(?:{'|'.join(_MONTHS.split())})\b\.?)"
DATE = _either(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}",
    r"\d{4}-\d{2}-\d{2}",
    rf"\d{{1,2}}(?:st|nd|rd|th)?[ \u00a0-]{MONTH}(?:,? \d{{4}})?(?: (?:г\.?|года|годa))?",
    rf"{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?",
)
TIME = r"\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?\(?(?:[A-Z]{2,4}|МСК|мск)\)?)?"
DAY = (
    r"(?i:понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|панядзелак|аўторак|серада|чацвер|пятніца|"
    r"субота|нядзеля|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|сегодня|вчера|сёння|"
    r"учора|ўчора|today|yesterday)"
)
AGENCY = _either(
    r"РИА Новости|ТАСС|(?i:[иі]нт[еэ]рфакс(?:\.ru|-\w+)?|interfax\.(?:ru|by))",
    r"БелТА|БЕЛТА|Белта|БелаПАН|Sputnik|Спутник|УНИАН|REGNUM|Рейтер|Рэйтэр",
    r"Reuters|REUTERS|AP|AFP|EPA|UPI|BBC|TASS|Interfax|BelTA|Bloomberg|Xinhua|Associated Press|The Associated Press",
)
STOCK = (
    r"(?i:getty images|shutterstock|unsplash|depositphotos|legion-media|alamy|istock(?:photo)?|pixabay|pexels|"
    r"global look press|epa-efe|ap photo|belga|dpa)"
)
PHOTO = (
    r"(?i:фото|фота|фотография|фотографии|фотаздымак|фотаздымкі|здымак|снимок|видео|відэа|иллюстрация|ілюстрацыя|"
    r"инфографика|photos?|photographs?|images?|pictures?|video|illustration|graphic)"
)
_CREDITED_WORD = _either(
    r"(?:[а-яёіў]{3,20} )?[«“][A-ZА-ЯЁІЎ][^«»“”]{1,40}[»”][,;]?",
    r"[«\"“(©]?[A-ZА-ЯЁІЎ][\w.'’ʼ/&-]*[»\"”),;]{0,2}",
    r"(?i:https?://\S+|[\w-]+(?:\.[\w-]+)+/?|@\w+|©|/|\||&|\+|–|—|-)",
    r"(?:из|з|с|са|via|by|of|for|the|and|и|і|архив\w*|архіў|архіва|пресс-служб\w|прэс-служб\w|агентств\w|агенцтв\w|"
    r"сайта?|личного|асабістага|открытых|источников|адкрытых|крыніц|скриншот|скрыншот|кадр|видео|відэа|соцсет\w+|"
    r"сацсет\w+|предоставлено|прадастаўлена|архивное|архіўнае|иллюстративное|ілюстрацыйнае|file|handout|screenshot|"
    r"courtesy|pool|photo|pictures|archive|\d{4})[,;]?",
)
# Names, agencies, sites; no other words. Atomic: a comma may belong to a word or stand between two, and nine words with
# commas were read in more ways than could ever be tried.
CREDITED = rf"(?>{_CREDITED_WORD}[ ,]+){{0,9}}{_CREDITED_WORD}"
# «Фото автора», «Фота БелТА», «Фото Анны Лесной», «Фота прадастаўлена МНС»
PHOTO_OF = (
    r"(?i:фото|фота|снимок|здымак|снимки|здымкі|видео|відэа) (?:"
    r"(?i:автора|аўтара|редакции|рэдакцыі|авторов|аўтараў|из (?:соцсетей|открытых источников)|"
    r"з (?:сацсетак|адкрытых крыніц))"
    r"|(?i:из|з) (?:личного |семейного |асабістага |сямейнага )?(?i:архива|архіва)(?: [^.!?]{1,40})?"
    r"|(?i:предоставлен|прадастаўлен)\w*(?: [^.!?]{1,60})?"
    r"|(?i:пресс-служб|прэс-служб)\w(?: [^.!?]{1,60})?"
    rf"|{AGENCY}|{NAME})"
)
AGENCY_PHOTO = rf"(?:AP Photo|{AGENCY}|Getty Images) ?/ ?{CREDITED}"  # "REUTERS/Anna Cole"
SOURCED = rf"(?:{NAME}|{AGENCY})(?:,? (?:and |и |і )?{NAME})? ?/ ?{CREDITED}"  # "Anna Cole/The Herald via AP"
ROLE = (
    r"(?i:корреспондент|карэспандэнт|обозреватель|аглядальнік|аглядальніца|журналист(?:ка)?|журналіст(?:ка)?|редактор|"
    r"рэдактар|колумнист|фотограф|фатограф|correspondent|reporter|editor|columnist|staff writer|photographer)"
)
COUNTED = (
    r"(?i:комментари(?:и|ев|й|я)|каментар(?:ы|оў|ый|ыя|ыі|ыяў)|просмотр(?:ов|ы|а)?|прагляд(?:аў|ы|у)|лайк(?:ов|и|а)|"
    r"comments?|views?|shares?|likes?|replies|reactions?)"
)
# «/Корр. БЕЛТА/», «/спец. корр. ТАСС/»
CORRESPONDENT = r"(?i:(?:соб\. |спец\. ?|наш )?(?:корр|кар)\. ?)"
SHARE = (
    r"(?i:поделиться|поделитесь|падзяліцца|падзяліцеся|share|tweet|распечатать|раздрукаваць|print|"
    r"(?:с?копировать|скапіяваць) (?:ссылку|спасылку)|copy link|отправить|адправіць|save|e-?mail)"
)
SHARED = (
    r"(?i:(?:с друзьями|з сябрамі|новостью|навіной|ссылкой|спасылкай|стать[её]й|артыкулам|этим|гэтым|this|"
    r"(?:this )?(?:article|story|post|page|news|link)|with friends|с друзьями в соцсетях))"
)
RELATED_HEADING = (
    r"(?i:ещё по теме|еще по теме|по теме|па тэме|яшчэ па тэме|материалы по теме|матэрыялы па тэме|"
    r"похожие (?:материалы|новости|статьи)|падобныя (?:навіны|матэрыялы|артыкулы)|"
    r"related(?: (?:news|stories|articles|topics|content|links|posts|coverage))?|see also|also read|read more|"
    r"read next|"
    r"more on this(?: story)?|читать далее|чытаць далей)"
)
RELATED_LABEL = (
    r"(?i:(?:другие|последние|главные|свежие) новости|(?:іншыя|апошнія|галоўныя|свежыя) навіны|новости дня|навіны дня|"
    r"лента новостей|стужка навін|самое читаемое|самае чытанае|популярное|папулярнае|рекомендуем|рэкамендуем|"
    r"подробнее|падрабязней|читать (?:полностью|ещё|еще|также)|чытаць (?:цалкам|яшчэ|таксама)|"
    r"(?:recent|latest|more|breaking|popular) (?:news|posts|stories|articles)|top stories|"
    r"most (?:read|popular|viewed)|trending(?: now)?|recommended(?: for you)?|you (?:may|might) also like|"
    r"editor['’]?s['’]? picks|don['’]t miss|what to read next|continue reading|read on|more news|load more|show more)"
)

_MENU = (
    "главная|новости|политика|экономика|общество|спорт|культура|происшествия|в мире|мир|наука|"
    "технологии|авто|недвижимость|мнения|видео|фото|интервью|спецпроекты|о нас|о проекте|контакты|"
    "реклама|редакция|вакансии|архив|погода|войти|регистрация|поиск|меню|подписка|здоровье|финансы|"
    "регионы|бизнес|афиша|галоўная|навіны|палітыка|эканоміка|грамадства|культура|здарэнні|у свеце|"
    "свет|навука|тэхналогіі|аўто|меркаванні|відэа|фота|інтэрв'ю|пра нас|аб праекце|кантакты|рэклама|"
    "рэдакцыя|вакансіі|архіў|надвор'е|увайсці|рэгістрацыя|пошук|падпіска|здароўе|фінансы|рэгіёны|"
    "бізнес|афіша|home|news|politics|economy|business|sport|sports|culture|world|science|technology|"
    "tech|health|opinion|video|videos|photos|arts|travel|weather|lifestyle|entertainment|about|"
    "about us|contact|contacts|contact us|advertise|careers|archive|log in|login|sign in|sign up|"
    "register|search|menu|subscribe|newsletters|podcasts"
)
MENU_WORDS = frozenset(_MENU.split("|"))
