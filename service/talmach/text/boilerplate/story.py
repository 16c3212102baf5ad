"""The wording of lines between and below the paragraphs of a story: pictures, sharing, subscribing, other articles.

A rule must match a sentence or paragraph as a whole. Precision comes first: where the same words could begin a
sentence of an article, the rule asks for more (a channel's name, a colon, capitalised names only).
"""

from talmach.text.boilerplate.rule import BoilerplateKind as Kind
from talmach.text.boilerplate.rule import Rule, rule
from talmach.text.boilerplate.words import (
    AGENCY,
    AGENCY_PHOTO,
    CAPITALISED,
    CHANNEL,
    CREDITED,
    END,
    FEED,
    NAME,
    PHOTO,
    PHOTO_OF,
    RELATED_HEADING,
    RELATED_LABEL,
    SHARE,
    SHARED,
    SOURCED,
    STOCK,
)

STORY_RULES: tuple[Rule, ...] = (
    # -------------------------------------------------------------------------------------------- pictures
    rule(
        "photo credit",
        Kind.CREDIT,
        pattern=rf"[(\[]?{PHOTO}(?i: credit| by| courtesy of| предоставлено| из архива)? ?"
        rf"(?:[:©/|]| by | courtesy of ) ?{CREDITED}[.)\]]*",
    ),
    rule("source of an image", Kind.CREDIT, alone=True, pattern=r"Image source, [^.!?]{1,80}"),
    rule("caption of an image", Kind.CAPTION, alone=True, pattern=r"Image caption, .{1,250}"),
    rule("photo of", Kind.CREDIT, rf"[(\[]?{PHOTO_OF}[.)\]]*"),
    rule("photo of agency", Kind.CREDIT, rf"[(\[]?{AGENCY_PHOTO}[.)\]]*"),
    rule("name and source", Kind.CREDIT, rf"[(\[]{SOURCED}[)\]]\.?"),
    rule("name and agency", Kind.CREDIT, rf"{NAME} ?/ ?{AGENCY}(?:[ /|,]+{CAPITALISED}){{0,3}}\.?"),
    rule("credit line", Kind.CREDIT, rf"[(\[]?(?i:credits?:|courtesy(?: of)?(?: the)?) {CREDITED}[.)\]]*"),
    rule("copyright of a picture", Kind.CREDIT, rf"© ?(?:{NAME}|{AGENCY})(?: ?/ ?{CREDITED})?\.?"),
    rule(
        "caption with its credit",
        Kind.CAPTION,
        alone=True,
        pattern=rf"(?:[^!?.]|\.(?! [A-ZА-ЯЁІЎ(])){{10,250}}? (?:[(\[]{SOURCED}[)\]]|[(\[]?{AGENCY_PHOTO}[)\]]?|"
        rf"[(\[]?{PHOTO} ?[:©/] ?{CREDITED}[)\]]?)\.?",
    ),
    rule(
        "stock picture",
        Kind.CREDIT,
        alone=True,
        pattern=rf"[(\[]?©? ?(?:{CAPITALISED}[ /|,]+){{0,4}}{STOCK}(?:[ /|,]+{CAPITALISED}){{0,4}}[.)\]]*",
    ),
    rule(
        "agency picture", Kind.CREDIT, alone=True, pattern=rf"[(\[]?© ?{AGENCY}(?>[ /|,.]+{CAPITALISED}){{0,4}}[.)\]]*"
    ),
    rule(
        "illustrative picture",
        Kind.CAPTION,
        pattern=r"[(\[]?(?i:(?:фото|снимок|изображение) (?:носит|имеет) иллюстративный характер|"
        r"(?:фота|здымак|выява) (?:мае|носіць) ілюстрацыйны характар|"
        r"(?:иллюстративн\w+|архивн\w+|ілюстрацыйн\w+|архіўн\w+) (?:фото|фота|снимок|здымак|фотография)|"
        r"(?:illustrative|file|stock|archive) (?:photo|picture|image)|"
        r"(?:photo|image|picture)s? (?:is |are )?for illustrati(?:ve|on) (?:purposes )?only)[.)\]]*",
    ),
    rule(
        "on the picture",
        Kind.CAPTION,
        alone=True,
        pattern=r"(?i:на (?:фото|снимке|фота|здымку|фотаздымку)(?: (?:слева|справа|злева))?|pictured): \S.{1,200}",
    ),
    # -------------------------------------------------------------------------------------------- share and subscribe
    rule(
        "share buttons",
        Kind.SHARE,
        alone=True,
        pattern=rf"{SHARE}(?: {SHARED})?(?: (?i:в|на|у|ў|on|via|to|by) {CHANNEL})?(?:[\s,|/•·]+(?:{SHARE}|"
        rf"{CHANNEL})){{0,8}}{END}",
    ),
    rule(
        "share sentence",
        Kind.SHARE,
        pattern=rf"(?i:поделитесь|падзяліцеся|share) {SHARED}(?: (?i:в|на|у|ў|on|via|to) {CHANNEL})?{END}",
    ),
    rule(
        "subscribe to us",
        Kind.SUBSCRIBE,
        pattern=r"(?i:(?:подписывайтесь|подпишитесь|подпишись|присоединяйтесь|следите|читайте|смотрите|"
        r"падпісвайцеся|падпішыцеся|"
        r"падпішыся|далучайцеся|сачыце|чытайце|глядзіце) "
        rf"(?:(?:на|к|за|в|во|у|ў|да) )?(?:нас|нам|нами|намі|наш\w*)\b)(?:[^.!?]{{0,80}}{FEED})[^.!?»\"]{{0,100}}{END}",
    ),
    rule(
        "subscribe to the channel",
        Kind.SUBSCRIBE,
        pattern=rf"(?i:подписывайтесь|подпишитесь|падпісвайцеся|"
        rf"падпішыцеся) (?i:на) (?:\S+ )?{FEED}[^.!?»\"]{{0,60}}{END}",
    ),
    rule(
        "we are on",
        Kind.SUBSCRIBE,
        alone=True,
        pattern=rf"(?i:мы(?: есть| ёсць)? (?:в|во|у|ў|на)) {CHANNEL}(?:[\s,|/•·]+(?:[иі] )?{CHANNEL}){{0,8}}{END}",
    ),
    rule(
        "more news",
        Kind.SUBSCRIBE,
        pattern=r"(?i:(?:(?:ещё |еще |яшчэ )?(?:больше|больш)|другие|іншыя|все|усе|главные|галоўныя|свежие|свежыя|"
        r"самые \w+|самыя \w+|(?:for )?more|all)(?: \w+){0,2} (?:новост|навін|фото|фота|видео|відэа|историй|гісторый|"
        r"материал|матэрыял|news|stories|photos|videos)\w*(?: \w+){0,3}(?: ?[—–:,-])? "
        r"(?:(?:читайте|смотрите|ищите|чытайце|глядзіце|шукайце|follow|see|join|visit) )?(?:(?:в|на|у|ў|on|in|at) )?"
        rf"(?:наш\w*|our) {FEED}(?: channels?|(?: в| на| у| ў)?[ -]{FEED}|(?:,| и| і| and) {CHANNEL}){{0,4}}"
        rf"(?: @\w+)?{END})",
    ),
    rule(
        "follow us",
        Kind.SUBSCRIBE,
        pattern=rf"(?i:(?:follow|join|find|like) us(?: on (?:our )?(?:social media|{CHANNEL}).{{0,80}})?){END}",
    ),
    rule(
        "notifications",
        Kind.SUBSCRIBE,
        pattern=r"(?i:(?:включите|разрешите|уключыце|дазвольце|turn on|enable|allow) (?:our |push[- ])?"
        r"(?:уведомлен|апавяшчэн|пуш|notifications?)\w*[^.!?]{0,100})" + END,
    ),
    rule(
        "newsletter",
        Kind.SUBSCRIBE,
        pattern=r"(?i:(?:subscribe to|sign up (?:for|to)|join|get) (?:our|my) (?:[\w'’-]+ ){0,4}"
        r"(?:newsletters?|channels?|podcasts?|mailing list|alerts|feed|updates|briefing|e-?mails?)\b[^.!?\"]{0,60}"
        r"|subscribe(?: now| today)?|subscribe to (?:the )?(?:[\w'’-]+ ){0,3}newsletter)" + END,
    ),
    rule(
        "subscribe button",
        Kind.SUBSCRIBE,
        alone=True,
        pattern=r"(?i:подписаться|падпісацца)(?: на)?" + rf"(?: (?:\S+ )?{FEED}.{{0,30}})?{END}",
    ),
    # -------------------------------------------------------------------------------------------- other articles
    rule(
        "read also",
        Kind.RELATED,
        pattern=r"(?i:(?:читайте|смотрите|слушайте|чытайце|глядзіце|слухайце) (?:также|тоже|ещё|еще|таксама|"
        r"яшчэ))\b.{0,250}",
    ),
    rule("related heading", Kind.RELATED, alone=True, pattern=rf"{RELATED_HEADING}(?:{END}|\s*:\s*.{{1,250}})"),
    rule("related label", Kind.RELATED, alone=True, pattern=rf"{RELATED_LABEL}{END}"),
    rule(
        "read more link",
        Kind.RELATED,
        pattern=rf"(?i:read also|also read|read more|see also):.{{1,250}}|(?i:read more here){END}",
    ),
)
