"""Names of columns that identify a person, a device, a place or a submission; they stop at ingest.

Sources: KoboToolbox, ODK Central and Qualtrics documentation of their exports (metadata, GPS parts, submission ids).
"""

from __future__ import annotations

import re

# Columns a survey tool adds itself; the whole leaf name, any case, with or without leading underscores.
_TOOL = re.compile(
    r"_*(deviceid|device_id|subscriberid|simid|simserial|phonenumber|phone_number|username|email|e_?mail_?address|audit"
    r"|uuid|rootuuid|instanceid|instancename|id|index|key|submission_time|submitted_by|submitterid|submittername"
    r"|submissiondate|geolocation|ipaddress|ip_address|locationlatitude|locationlongitude|responseid|externalreference"
    r"|recipient\w*|recordeddate|parent_index|submission__\w+|attachments|media\w*|notes|tags|xform_id_string)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(.*[_\W])?(latitude|longitude|altitude|precision|accuracy)|.*geopoint.*|.*geotrace.*|.*geoshape.*|(.*_)?gps(_.*)?",
    re.IGNORECASE,
)
# Columns a researcher may have asked for; judged by name, so wave.yaml may say otherwise.
_ASKED = re.compile(
    r"(.*_)?(phone|telephone|mobile|tel|whatsapp|viber|signal|telegram)_?(number|no|nr|num)"
    r"|(.*_)?(email|e_mail|full_?name|first_?name|last_?name|surname|respondent_?name|person_?name|home_?address"
    r"|street_?address|nrc|national_?id|passport(_\w+)?|imei)",
    re.IGNORECASE,
)
# Columns a survey tool adds that say nothing about the respondent; dropped, with this reason.
TOOL_COLUMNS = frozenset({"_status", "_validation_status", "__version__", "_version", "_version_", "_duration"})


def identified_by_tool(name: str) -> bool:
    """Whether the leaf name is one a survey tool gives an identifying column; nothing may keep such a column."""
    return bool(_TOOL.fullmatch(name) or _PLACE.fullmatch(name))


def identified_by_question(name: str) -> bool:
    """Whether a question's name says that its answers identify a person (`contact_phone_number`, `full_name`)."""
    return bool(_ASKED.fullmatch(name))
