"""Page furniture marked in article bodies: notices, calls to subscribe or share, credits, links to other pieces.

Furniture is marked and never deleted, so that offsets hold (label guide, "kind").
"""

import re
from typing import Final

from claimstance.schema import Span

_DAY: Final = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
_WHOLE_LINES: Final = (
    # errors
    r"oops!?|(?:oops!? )?something went wrong\.?|please try again(?: later)?\.?|(?:oops!? )?something went wrong\. please try again(?: later)?\.?",
    r"(?:an )?error (?:has )?occurred.{0,60}|page not found.{0,40}|(?:please )?(?:enable|turn on) javascript.{0,80}|loading\W*",
    # cookies and consent
    r"(?:this (?:web)?site|we|our (?:web)?site|our partners) uses? cookies.{0,200}|(?:accept|reject|allow) (?:all )?(?:cookies)?|accept all|reject all|"
    r"manage (?:preferences|cookies)|cookie (?:policy|settings|notice)|by (?:signing up|continuing|subscribing),? you agree.{0,160}",
    # subscribe, share, follow, support
    r"(?:please )?(?:subscribe|sign up|log ?in|register)\b.{0,40}\b(?:newsletter|newsletters|briefing|updates?|inbox|account|today|now|free|here|channel|e-?mails?|alerts?|continue|reading)\b.{0,80}",
    r"subscribe|sign ?up|sign in|log ?in|register|advertisement|sponsored(?: content)?|already a (?:member|subscriber)\?.{0,40}",
    r"(?:share|tweet|print|e-?mail|save)(?: (?:this|the) (?:article|story|page|post))?(?: (?:on|via|by) .{1,40})?|share (?:it|this)!?|have an opinion on this story\?.{0,60}",
    r"(?:follow|like|join|find|bookmark|watch) us(?:\W*|:.{0,120}| (?:on|at|for|in|every|today|now|here)\b.{0,120})|follow (?:our|the) (?:live|blog|latest).{0,80}|follow .{1,60}\bon (?:twitter|x|facebook|telegram|instagram|bluesky|mastodon)\b.{0,60}",
    r"(?:.{0,200}[.!?] )?(?:please )?(?:(?:follow|support|help) us(?= (?:on|by|at|keep|continue|today|now|here)\b|\W*$)|"
    r"support our (?:work|journalism|reporting|newsroom|mission|site|website|independent)\b|become (?:our|a) (?:patron|member|supporter|subscriber)\b(?! of\b)|"
    r"donate(?= (?:now|today|here|to us|via|by|monthly)\b|\W*$)).{0,120}",
    r"(?:liked|enjoyed|enjoying) (?:the|this|our) (?:article|story|journalism|work).{0,160}",
    r"you have (?:read )?\d+ .{0,30}\b(?:free )?articles?\b.{0,60}|your e-?mail(?: address)?|was this (?:article |page )?helpful\?|comments?(?: \(\d+\))?|leave a comment|advertisement",
    # links to other pieces
    r"(?:read (?:also|more|next|on)|also read|see also|related|more on this(?: story)?|watch|listen|most read|recommended|don't miss|you may also like|related (?:news|stories|articles|links|topics)|external links|sources|sister links)\s?(?::.*)?",
    # credits and rights
    r"(?:photos?|photographs?|picture|image|illustration|video|graphic|file photo|photo credit|image credit|credit|getty images|archive photo)\s?(?:(?::|/|courtesy\b).{0,100}|by (?-i:[A-Z]).{0,60}(?<!\.))",
    r"(?:©|\(c\)|copyright\b).{0,120}|.{0,60}all rights reserved\.?|our standards: .{0,80}",
    r"\((?:additional )?(?:reporting|editing|writing) by .{1,160}\)|"
    # "By Friday Norland will …" is no byline: all its words are names or, after a comma, a job
    rf"(?-i:(?:[Bb]y|BY) (?!{_DAY})[A-Z][\w.'’-]+(?: (?:and )?[A-Z][\w.'’-]+){{1,3}})(?:, .{{1,60}})?(?<!\.)",
    r"(?:media |press )?contacts?: .{0,120}|(?:do you have|got) a (?:story|tip|news tip)\b.{0,80}|.{0,40}\be-?mail (?:us|the news ?desk)\b.{0,60}",
)
_LINE = re.compile("|".join(f"(?:{pattern})" for pattern in _WHOLE_LINES), re.IGNORECASE)
_MARKS: Final = " \t\u00a0•·*–—-▪●‣◦|»›>"


def mark_furniture(body: str) -> tuple[Span, ...]:
    """Whole lines that are page furniture: notices, calls to subscribe or share, credits, links to other pieces.

    Precise rather than complete: a news sentence that mentions cookies or support is never a whole-line match, and
    what the rules miss is left to the model's ``kind`` head.
    """
    spans = []
    for line in re.finditer(r"[^\n]+", body):
        text = line.group().strip(_MARKS)
        if text and len(text) <= 400 and _LINE.fullmatch(text):
            start = line.start() + line.group().index(text)
            spans.append(Span(start, start + len(text)))
    return tuple(spans)
