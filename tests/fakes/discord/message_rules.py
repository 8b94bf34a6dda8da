"""What a message may be beyond the published schema: sums, unique ids, links, files."""

from typing import Any
from urllib.parse import urlsplit

from tests.fakes.discord.errors import FormErrors, Where
from tests.fakes.discord.people import Wire

CONTENT = 2000
EMBEDS_SUM = 6000
ROWS = 5
COMPONENTS = 40
FILES = 10
COMPONENTS_V2 = 1 << 15
SETTABLE_FLAGS = (1 << 2) | (1 << 6) | (1 << 12) | COMPONENTS_V2

LINK, PREMIUM = 5, 6
ACTION_ROW, BUTTON = 1, 2


def check_message(body: Wire, errors: FormErrors, where: Where = ()) -> None:
    """Note what is wrong with the fields of a message that is sent or edited."""
    if len(body.get("content") or "") > CONTENT:
        errors.too_long([*where, "content"], CONTENT)
    _check_embeds(body.get("embeds") or [], errors, where)
    _check_components(body, errors, [*where, "components"])
    _check_mentions(body.get("allowed_mentions") or {}, errors, [*where, "allowed_mentions"])
    if (body.get("flags") or 0) & ~SETTABLE_FLAGS:
        errors.add([*where, "flags"], "MESSAGE_FLAGS_INVALID", "The message flags are invalid.")


def is_empty(body: Wire, files: int) -> bool:
    """Nothing would be seen."""
    shown = (body.get("content") or "").strip()
    return not (files or shown) and not any(body.get(key) for key in ("embeds", "components", "attachments", "poll"))


def _check_embeds(embeds: list[Wire], errors: FormErrors, where: Where) -> None:
    total = 0
    for number, embed in enumerate(embeds):
        place = [*where, "embeds", number]
        total += sum(len(text) for text in _texts(embed))
        links = {"url": embed.get("url")}
        links |= {f"{part}.url": (embed.get(part) or {}).get("url") for part in ("image", "thumbnail")}
        for name, link in links.items():
            if link is not None:
                _check_link([*place, *name.split(".")], link, errors, attachment="." in name)
        for row, field in enumerate(embed.get("fields") or []):
            for key in ("name", "value"):
                if not str(field.get(key) or "").strip():
                    errors.add([*place, "fields", row, key], "BASE_TYPE_REQUIRED", "This field is required")
        if not any(
            embed.get(key) for key in ("title", "description", "fields", "image", "thumbnail", "author", "footer")
        ):
            errors.add([*place, "description"], "BASE_TYPE_REQUIRED", "This field is required")
    if total > EMBEDS_SUM:
        errors.add([*where, "embeds"], "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _texts(embed: Wire) -> list[str]:
    found = [embed.get("title"), embed.get("description")]
    found += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        found += [field.get("name"), field.get("value")]
    return [text for text in found if isinstance(text, str)]


def _check_link(where: Where, link: Any, errors: FormErrors, *, attachment: bool = False) -> None:
    schemes = ("http", "https", "attachment") if attachment else ("http", "https", "discord")
    parts = urlsplit(str(link))
    if parts.scheme not in schemes:
        message = f'Scheme "{parts.scheme}" is not supported. Scheme must be one of {", ".join(schemes)}.'
        errors.add(where, "URL_TYPE_INVALID_SCHEME", message)
    elif not parts.netloc:
        errors.add(where, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _check_components(body: Wire, errors: FormErrors, where: Where) -> None:
    rows = body.get("components") or []
    new_layout = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if not new_layout:
        if len(rows) > ROWS:
            errors.too_long(where, ROWS)
        for number, row in enumerate(rows):
            if row.get("type") != ACTION_ROW:
                errors.add([*where, number, "type"], "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    elif body.get("content") or body.get("embeds"):
        errors.add(where, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "content and embeds cannot be used.")
    seen: set[str] = set()
    count = 0
    for place, part in _walk(rows, where):
        count += 1
        _check_part(place, part, seen, errors)
    if count > COMPONENTS:
        errors.too_long(where, COMPONENTS)


def _walk(parts: list[Wire], where: Where) -> list[tuple[list[str | int], Wire]]:
    found: list[tuple[list[str | int], Wire]] = []
    for number, part in enumerate(parts):
        place = [*where, number]
        found.append((place, part))
        found += _walk(part.get("components") or [], [*place, "components"])
        if part.get("accessory"):
            found.append(([*place, "accessory"], part["accessory"]))
    return found


def _check_part(place: Where, part: Wire, seen: set[str], errors: FormErrors) -> None:
    if part.get("type") == ACTION_ROW:
        kinds = [one.get("type") for one in part.get("components") or []]
        if any(kind != BUTTON for kind in kinds) and len(kinds) > 1:
            errors.add(
                [*place, "components"], "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the width"
            )
    if part.get("type") == BUTTON:
        _check_button(place, part, errors)
    if "options" in part:
        values = [one.get("value") for one in part["options"]]
        if len(set(values)) < len(values):
            errors.add([*place, "options"], "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The value is already used")
        if (part.get("max_values") or 1) > max(len(values), 1):
            errors.add([*place, "max_values"], "NUMBER_TYPE_MAX", f"int value should be at most {len(values)}.")
    name = part.get("custom_id")
    if name is not None and name in seen:
        message = "Component custom id cannot be duplicated"
        errors.add([*place, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    if name is not None:
        seen.add(name)


def _check_button(place: Where, part: Wire, errors: FormErrors) -> None:
    style = part.get("style")
    if style == LINK:
        if part.get("custom_id") is not None:
            errors.add([*place, "custom_id"], "BUTTON_COMPONENT_CUSTOM_ID_WITH_URL", "A link has no custom id")
        if not part.get("url"):
            errors.add([*place, "url"], "BASE_TYPE_REQUIRED", "This field is required")
        else:
            _check_link([*place, "url"], part["url"], errors)
    elif style != PREMIUM:
        if not part.get("custom_id"):
            errors.add([*place, "custom_id"], "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
        if part.get("url"):
            errors.add([*place, "url"], "BUTTON_COMPONENT_INVALID_STYLE", "Only links have a url")
    if style != PREMIUM and not part.get("label") and not part.get("emoji"):
        errors.add(place, "BUTTON_COMPONENT_EMPTY", "A button must have a label or an emoji")


def _check_mentions(allowed: Wire, errors: FormErrors, where: Where) -> None:
    parse = allowed.get("parse") or []
    for kind in ("users", "roles"):
        if kind in parse and allowed.get(kind):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            errors.add(where, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


def check_files(body: Wire, sent: list[int], kept: set[str], errors: FormErrors, where: Where = ()) -> None:
    """Note files without an attachment and attachments without a file. `kept`: ids that the message already has."""
    named = body.get("attachments")
    if named is None:
        if sent and where:
            return
        named = [{"id": number} for number in sent]
    ids = [str(one.get("id")) for one in named]
    place = [*where, "attachments"]
    for number, one in enumerate(ids):
        if one not in kept and one not in {str(number) for number in sent}:
            errors.add([*place, number, "id"], "ATTACHMENT_NOT_FOUND", f"No file for attachment {one}")
    for number in sent:
        if str(number) not in ids:
            errors.add(place, "ATTACHMENT_FILE_UNUSED", f"files[{number}] is not in attachments")
    if len(set(ids)) < len(ids):
        errors.add(place, "ATTACHMENT_ID_DUPLICATED", "An attachment is named twice")
    if len(ids) > FILES:
        errors.too_long(place, FILES)
