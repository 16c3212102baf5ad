"""The wording of lines that ask something of the reader: mistakes, news, consent, money.

As in `story`, what could begin a sentence of an article needs more: a question, an imperative, the second person.
"""

from talmach.text.boilerplate.rule import BoilerplateKind as Kind
from talmach.text.boilerplate.rule import Rule, rule
from talmach.text.boilerplate.words import CHANNEL, END

# Several sentences of one paragraph may follow: "Spotted a mistake? Select it and press Ctrl+Enter."
_MISTAKE = (
    r"(?:ошибк\w|опечатк\w|неточност\w|памылк\w|недакладнасц\w|апіск\w|mistakes?|errors?|typos?|inaccurac(?:y|ies))"
)
_FOUND = (
    r"(?:нашли|заметили|увидели|обнаружили|знайшлі|заўважылі|убачылі|пабачылі|выявілі|"
    r"found|spotted|noticed|seen|see|spot|find|notice|come across)"
)
_DO_TELL = (
    r"(?:выдели\w+|выделяйте|нажми\w+|жмите|сообщи\w+|сообщайте|напишите|пишите|вылучы\w+|выдзелі\w+|націсні\w+|"
    r"паведам\w+|напішыце|пішыце|select|highlight|press|let us know|tell us|report|email|e-mail|write to us)"
)
_NEWS = (
    r"(?:новост\w+|истори\w+|информаци\w+|тем[ауеы]|навін\w+|навіна|гісторы\w+|інфармацы\w+|"
    r"news(?: tips?)?|stor(?:y|ies)|tips?|photos?|videos?|фото|фота|видео|відэа)"
)
_SEND = (
    r"(?:присылайте|пришлите|прислать|отправляйте|отправьте|пишите|напишите|сообщите|сообщайте|шлите|расскажите|"
    r"предложите|предложить|дасылайце|дашліце|даслаць|адпраўляйце|адпраўце|пішыце|напішыце|паведаміце|паведамляйце|"
    r"раскажыце|прапануйце|прапанаваць|get in touch with|"
    # Nouns as well, unless an object follows: "Share of women", "Email leaks", "Contact with the newsroom was lost".
    r"(?:send|submit|share|e-?mail|write|tell|contact)(?= (?:us|our|your|it|them|any|a|news|tips?|stor(?:y|ies)|"
    r"photos?|videos?)\b)|(?:send|write)(?= to\b)|(?:email|tell|contact)(?= the newsroom))"
)
_TO_US = (
    r"(?:\bбот(?:а|у|ом|ам|е|це)?\b|\bbot\b|\b(?:в редакцию|[уў] рэдакцыю)|(?:our|the) newsroom\b|our editors?\b|"
    rf"наш\w* (?:редакци|рэдакцы|почт|пошт|чат|канал)\w*|(?:наш\w*|our) {CHANNEL}|@\w+)"
)
_AGREE = (
    r"(?:(?:вы )?(?:соглашаетесь|даёте согласие|даете согласие|принимаете|подтверждаете)|"
    r"(?:вы )?(?:згаджаецеся|пагаджаецеся|даяце згоду|даеце згоду|прымаеце|пацвярджаеце)|"
    r"you (?:agree|consent|accept|acknowledge|confirm))"
)
_SUBSCRIBERS = r"(?:подписчик\w+|подписк\w+|падпісчык\w+|падпіс\w+|subscribers|members)"
_PRESS = (
    r"(?:(?:наш\w* |независим\w+ |незалежн\w+ )?(?:редакцию|рэдакцыю|издание|выданне|сайт|"
    r"журналист\w*|журналіст\w*)|наш\w* (?:проект|праект|работу|працу|канал|медиа|медыя)|"
    r"(?:our|independent|local|quality) (?:journalis\w+|news(?:room|paper)?|reporting|reporters?|media|press|work|"
    r"(?:web)?site|project))"
)
_SAID = (
    r"(?:сказал|заявил|призвал|попросил|предложил|добавил|сообщил|говорит|просит|призывает|сказаў|заявіў|заявіл|заклікаў|"
    r"заклікал|папрасіў|папрасіл|прапанаваў|прапанавал|дадаў|дадал|кажа|просіць|заклікае|\b(?:said|says|told|tells|urged|urges|asked|added)\b)"
)

READER_RULES: tuple[Rule, ...] = (
    # -------------------------------------------------------------------------------------------- mistakes and news
    rule(
        "mistake found",
        Kind.FEEDBACK,
        rf"(?i:(?:если вы |калі вы |(?:have you |did you |if you (?:have )?)?)(?:{_FOUND}) (?:an? |any )?{_MISTAKE}"
        rf"[^.!?]{{0,40}}(?:\?(?:.{{0,20}}{_DO_TELL}.{{0,140}})?|[,:—–-] (?:please )?{_DO_TELL}[^.!?]{{0,140}}){END})",
    ),
    rule(
        "mark the mistake",
        Kind.FEEDBACK,
        rf"(?i:{_DO_TELL}[^.!?]{{0,100}}\bctrl ?\+ ?enter\b[^.!?]{{0,60}}{END})",
    ),
    rule(
        "report a mistake",
        Kind.FEEDBACK,
        alone=True,
        pattern=rf"(?i:(?:сообщить|паведаміць|report)(?: нам| us)? (?:об|о|пра|аб|an?)? ?{_MISTAKE}"
        rf"(?: в тексте| у тэксце| in the text)?{END})",
    ),
    rule(
        "news wanted",
        Kind.FEEDBACK,
        # An interview also asks: «У вас есть информация о пострадавших?»
        rf"(?i:(?:у вас (?:есть|ёсць)|знаете|маеце|ведаеце|(?:do )?you have)(?: \w+){{0,3}} {_NEWS}"
        rf"(?: to (?:tell|share)| для нас| for us)?\?{END}|"
        r"(?:(?:у вас )?(?:есть|ёсць)(?! ли\b| ці\b)|знаете|маеце|ведаеце|got|have|(?:do )?you have)"
        rf"(?: \w+){{0,3}} {_NEWS}[^.!?]{{0,30}}\? {_SEND}\b.{{0,140}})",
    ),
    rule(
        "witness wanted",
        Kind.FEEDBACK,
        r"(?i:(?:если|калі|if) (?:вы|you) (?:стали (?:свидетел\w+|очевидц\w+)|сталі (?:сведкам\w*|відавочц\w+)|"
        rf"(?:have )?(?:witnessed|seen|saw|know))[^.!?]{{0,60}}[,—–-] {_SEND}[^.!?]{{0,60}}{_TO_US}.{{0,80}})",
    ),
    rule("send to us", Kind.FEEDBACK, rf"(?i:{_SEND}\b(?!,)[^.!?]{{0,80}}{_TO_US}[^!?]{{0,60}})"),
    rule(
        "send news",
        Kind.FEEDBACK,
        alone=True,
        pattern=rf"(?i:{_SEND} (?:us |нам )?(?:your |a |свою |сваю )?{_NEWS}{END})",
    ),
    # -------------------------------------------------------------------------------------------- stay, look, discuss
    rule(
        "stay with us",
        Kind.SUBSCRIBE,
        alone=True,
        pattern=r"(?i:(?:(?:оставайтесь|заставайцеся) [сз] (?:нами|намі)|stay (?:tuned|with us)|"
        r"(?:следите|сачыце) за (?:\w+ )?(?:новостями|обновлениями|навінамі|абнаўленнямі)|"
        r"follow our (?:live )?(?:coverage|blog|updates)|"
        rf"(?:не пропустите|не прапусціце|do not miss|don['’]t miss) (?:наш\w*|our)\b)[^.!?,]{{0,80}}{END})",
    ),
    rule(
        "look at the pictures",
        Kind.RELATED,
        alone=True,
        pattern=r"(?i:(?:(?:смотрите|посмотрите|глядзіце|паглядзіце) (?:полное |поўнае )?(?:фото|видео|фота|відэа|"
        r"галерею|галерэю|фоторепортаж|фотарэпартаж|трансляцию|трансляцыю)|"
        r"(?:watch|see) (?:the |our |this )?(?:full |live )?"
        r"(?:videos?|photos?|pictures|footage|clip|gallery|broadcast))"
        rf"\b[^.!?,]{{0,80}}{END})",
    ),
    rule(
        "like it",
        Kind.SHARE,
        alone=True,
        pattern=rf"(?i:(?:ставьте|поставьте|стаўце) (?:лайк|класс)[^.!?]{{0,80}}{END})",
    ),
    rule(
        "discuss it",
        Kind.FEEDBACK,
        alone=True,
        pattern=r"(?i:(?:пишите|напишите|делитесь|поделитесь|задавайте|расскажите|оставляйте|обсуждайте|пішыце|"
        r"напішыце|дзяліцеся|падзяліцеся|задавайце|раскажыце|пакідайце|абмяркоўвайце|"
        r"share|tell us|leave|post|write|join)"
        r"\b[^.!?,]{0,60} (?:в|у|ў|in) (?:the )?(?:комментариях|каментарах|каментарыях|comments)\b[^.!?]{0,60}"
        rf"{END})",
    ),
    rule(
        "read the details",
        Kind.RELATED,
        alone=True,
        pattern=r"(?i:(?:(?:подробности|подробнее|больше|падрабязнасці|падрабязней|больш)\b,? ?(?:[—–-] )?)?"
        r"(?:(?:об этом|пра гэта) )?(?:читайте|узнайте|чытайце|даведайцеся|read more|find out more)"
        r"(?: подробнее| падрабязней)?(?: об этом| пра гэта| about (?:this|it))? "
        r"(?:в|на|у|ў|in|on) (?:(?:наш\w*|our|the) )?"
        r"(?:материале|статье|репортаже|интервью|тексте|сайте|матэрыяле|артыкуле|рэпартажы|тэксце|сайце|article|story|"
        rf"report|website|site)\b[^.!?,]{{0,60}}{END}|visit our (?:web)?site (?:for|to)\b[^.!?]{{0,60}}{END})",
    ),
    # -------------------------------------------------------------------------------------------- consent
    rule(
        "consent by doing",
        Kind.COPYRIGHT,
        r"(?i:(?:продолжая|оставаясь|нажимая|используя|отправляя|регистрируясь|подписываясь|"
        r"працягваючы|застаючыся|націскаючы|выкарыстоўваючы|адпраўляючы|рэгіструючыся|падпісваючыся|"
        r"by (?:continuing|clicking|using|submitting|registering|subscribing|browsing|signing up|entering))\b"
        rf"[^.!?]{{0,100}}{_AGREE}[^!?]{{0,160}})",
    ),
    rule(
        "consent in the first person",
        Kind.COPYRIGHT,
        alone=True,
        pattern=r"(?i:(?:я (?:согласен|согласна|даю согласие|принимаю|згодны|згодная|даю згоду|прымаю)|"
        r"i (?:agree|consent|accept))\b[^.!?]{0,100}(?:обработк|услови|политик|рассылк|апрацоўк|умов|палітык|"
        r"terms|privacy|processing|newsletter)[^.!?]{0,80}[.!]?)",
    ),
    rule(
        "privacy",
        Kind.COPYRIGHT,
        r"(?i:(?:we (?:value|respect|care about) your privacy|your privacy (?:matters|is important))[^.!?]{0,80}[.!]?|"
        r"we (?:and our (?:\d+ )?partners )?store and/or access information on a device[^!?]{0,160})",
    ),
    # -------------------------------------------------------------------------------------------- paying
    rule(
        "for subscribers",
        Kind.PAYMENT,
        r"(?i:(?:этот |эта |данный |полный |гэты |дадзены |поўны |this |the full )?"
        r"(?:материал|текст|статья|матэрыял|тэкст|артыкул|article|story|content|text)\b[^.!?]{0,30}"
        rf"(?:доступ\w+|открыт\w*|даступ\w+|адкрыт\w*|available|reserved|is)(?: только| лишь| толькі| only)?"
        rf"(?: по| для| па| for| to)?(?: our| наших| нашых)? {_SUBSCRIBERS}(?: only)?{END})",
    ),
    rule(
        "subscribe to read",
        Kind.PAYMENT,
        r"(?i:(?:оформите|купите|продлите|аформіце|купіце|падоўжыце) (?:подписку|падпіску)[^.!?]{0,100}"
        r"|subscribe(?: now| today)? (?:to (?:continue|keep|read|unlock|get)|for (?:full|unlimited|just|only))"
        rf"[^.!?]{{0,100}}){END}",
    ),
    rule(
        "to read on",
        Kind.PAYMENT,
        r"(?i:(?:чтобы|каб|to) (?:читать|прочитать|дочитать|продолжить|чытаць|прачытаць|дачытаць|працягнуць|continue|"
        r"keep|finish|read)\b[^.!?]{0,60}(?:войдите|подпи\w+|оформите|зарегистрируйтесь|увайдзіце|падпі\w+|аформіце|"
        rf"зарэгіструйцеся|log in|sign (?:in|up)|subscribe|register)[^.!?]{{0,60}}{END})",
    ),
    rule(
        "subscriber already",
        Kind.PAYMENT,
        r"(?i:(?:уже|ужо|already) (?:(?:есть|ёсць) (?:подписка|падпіска)|подписаны|подписались|падпісаны|падпісаліся|"
        r"an? (?:subscriber|member)|subscribed)\?.{0,60})",
    ),
    rule(
        "support us",
        Kind.PAYMENT,
        alone=True,
        pattern=rf"(?i:(?!.*{_SAID})(?:поддержите|падтрымайце|support) (?:нас|us|{_PRESS})\b[^.?]{{0,120}}{END})",
    ),
    rule(
        "donate",
        Kind.PAYMENT,
        alone=True,
        pattern=r"(?i:(?:сделать|зрабіць|make a) (?:пожертвование|ахвяраванне|donation)|donate(?: now| today)?|"
        r"become a (?:member|subscriber|supporter)(?: today| now)?|пожертвовать|ахвяраваць|задонатить)" + END,
    ),
    rule(
        "free articles left",
        Kind.PAYMENT,
        r"(?i:(?:у вас |you have )?(?:осталось|остались|осталась|засталося|засталіся|засталася)? ?\w+ "
        r"(?:бесплатн\w+|бясплатн\w+|free) (?:стат\w+|материал\w*|артыкул\w*|матэрыял\w*|articles?|stories|story)"
        r"(?: (?:left|remaining)[^.!?]{0,30})?" + END + ")",
    ),
)
