"""What a form that pops up may be beyond the published schema."""

from tests.fakes.discord.errors import FormErrors, Where
from tests.fakes.discord.people import Wire

CHILDREN = 5
ACTION_ROW, TEXT_INPUT, LABEL = 1, 4, 18


def inputs(modal: Wire) -> list[Wire]:
    """The fields that a person fills, each with the label it is shown under."""
    found: list[Wire] = []
    for part in modal.get("components") or []:
        inner = part.get("components") or ([part["component"]] if part.get("component") else [])
        found += [one | {"label": part.get("label") or one.get("label")} for one in inner]
    return found


def check_modal(modal: Wire, errors: FormErrors, where: Where) -> None:
    """Note what is wrong with a modal."""
    parts = modal.get("components") or []
    if len(parts) > CHILDREN:
        errors.add([*where, "components"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {CHILDREN} in length.")
    seen: set[str] = set()
    for number, one in enumerate(inputs(modal)):
        place = [*where, "components", number]
        if one.get("custom_id") in seen:
            message = "Component custom id cannot be duplicated"
            errors.add([*place, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        seen.add(str(one.get("custom_id")))
        if one.get("type") == TEXT_INPUT and not one.get("label"):
            errors.add([*place, "label"], "BASE_TYPE_REQUIRED", "This field is required")
        low, high = one.get("min_length") or 0, one.get("max_length") or 4000
        if low > high:
            errors.add([*place, "min_length"], "NUMBER_TYPE_MAX", "The least length is above the greatest")
        if len(one.get("value") or "") > high:
            errors.too_long([*place, "value"], high)
