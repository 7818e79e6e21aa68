"""Names of columns that identify a person, a device, a place or a submission; they stop at ingest.

Sources: the tools' documentation of their exports and their code (metadata, GPS parts, submission ids), as the readers
name them; SurveyCTO's metadata as in PovertyAction/high-frequency-checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from findings.myanmar import PERSONAL, digits

# Columns that survey tools add themselves; the whole leaf name, any case, with or without leading underscores.
_TOOL = re.compile(
    r"_*(deviceid|device_id|subscriberid|simid|simserial|phonenumber|phone_number|username|email|e_?mail_?address|audit"
    r"|uuid|rootuuid|instanceid|instancename|id|index|key|submission_time|submitted_by|submitterid|submittername"
    r"|submissiondate|geolocation|ipaddress|ip_address|locationlatitude|locationlongitude|responseid|externalreference"
    r"|recipient\w*|recordeddate|parent_index|submission__\w+|attachments|media\w*|notes|tags|xform_id_string|parent_key|devicephonenum|subscriber_id|sim_id)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r".*(latitude|longitude|altitude)|(.*[_\W]|gps)?(precision|accuracy)|.*geopoint.*|.*geotrace.*|.*geoshape.*|(.*_)?gps(_.*)?",
    re.IGNORECASE,
)
# What one tool alone calls so: in another's export the same word may be a question. Compared as `_bare` leaves it.
OF_TOOL: dict[str, frozenset[str]] = {
    "odk_central": frozenset(
        "submissiondate submitterid submittername deviceid devicephonenum edits attachmentspresent attachmentsexpected"
        " meta_instanceid meta_instancename meta_entity".split()
    ),
    "surveycto": frozenset(
        "completiondate devicephonenum device_info caseid text_audit audio_audit sensor_stats sound_level duration"
        " commentsx comments review_comments review_corrections enumerator_name username starttime endtime".split()
    ),
    "google_forms": frozenset("timestamp start username email email_address score total_score".split()),
    "microsoft_forms": frozenset(
        "id start_time completion_time last_modified_time start end email name total_points quiz_feedback"
        " grade_posted_time responder respondent".split()
    ),
    "qualtrics": frozenset(
        "startdate enddate recordeddate start end date start_date end_date recorded_date ip_address responseid"
        " response_id externaldatareference location_latitude location_longitude recipient_last_name"
        " recipient_first_name recipient_email q_totalduration sessionid panelid prolific_pid prolific_id workerid"
        " aid rid q_relevantidfraudscore q_relevantidduplicatescore".split()
    ),
    "limesurvey": frozenset(
        "id submitdate startdate datestamp date_submitted date_started date_last_action response_id start end ipaddr"
        " ip_address refurl referrer_url token access_code seed firstname lastname email completed".split()
    ),
    "surveymonkey": frozenset(
        "respondent_id collector_id start_date end_date start end date_created date_modified ip_address email_address"
        " first_name last_name custom_data custom_data_1 custom_value custom_1 rds rds_seq seq".split()
    ),
}  # fmt: skip
for _form in ("spss", "stata"):
    # Files of statistics programs hold what the tools wrote, under names of their own or the tools'.
    OF_TOOL[_form] = OF_TOOL["odk_central"] | OF_TOOL["surveycto"] | OF_TOOL["limesurvey"] | OF_TOOL["qualtrics"]
# What one tool alone adds, and says nothing about the respondent.
DROPPED: dict[str, frozenset[str]] = {
    "odk_central": frozenset("status reviewstate formversion".split()),
    "surveycto": frozenset("formdef_version review_quality review_status".split()),
    "microsoft_forms": frozenset("language".split()),
    "qualtrics": frozenset(
        "status progress duration_in_seconds duration_sec finished distributionchannel userlanguage response_type"
        " q_recaptchascore q_recaptcha_scor q_language q_terminateflag q_ballotboxstuffing".split()
    ),
    "limesurvey": frozenset("lastpage startlanguage start_language last_page interviewtime total_time".split()),
    "surveymonkey": frozenset("language".split()),
}  # fmt: skip
# Columns a researcher may have asked for; judged by name, so wave.yaml may say otherwise.
_ASKED = re.compile(
    r"(.*_)?(phone|telephone|mobile|tel|whatsapp|viber|signal|telegram)_?(number|no|nr|num)"
    r"|(.*_)?(email|e_mail|full_?name|first_?name|last_?name|surname|respondent_?name|person_?name|home_?address"
    r"|street_?address|nrc|national_?id|passport(_\w+)?|imei)",
    re.IGNORECASE,
)
_PEOPLE = frozenset("email email_address e_mail ip_address phone phone_number name full_name".split())
# Columns a survey tool adds that say nothing about the respondent; dropped, with this reason.
TOOL_COLUMNS = frozenset(
    {"_status", "_validation_status", "__version__", "_version", "_version_", "_duration", "_parent_table_name"}
)


for _form in ("spss", "stata"):
    DROPPED[_form] = DROPPED["odk_central"] | DROPPED["surveycto"] | DROPPED["limesurvey"] | DROPPED["qualtrics"]


_PERSONAL = re.compile(
    r"\b(names?|surname|phones?|telephone|mobile|cell ?phone|e ?mail|address|passport|nrc|national id|id (card|number)"
    r"|contact|gps|coordinates|latitude|longitude|signature|photo|facebook|viber|telegram|whatsapp|signal|imei)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(r".*@.*\..*|[+(]?\d[\d ().-]{6,}\d")


def suspected(texts: Iterable[str], cells: pd.Series) -> bool:
    """Whether a column that nobody knows may identify people: by a word in its header or question, or where one cell in
    five looks like a telephone number or an address. Wider than what stops by itself: a person decides."""
    words = [re.sub(r"[\W_]+", " ", text) if text.isascii() else text for text in texts]
    if any(_PERSONAL.search(text) or any(word in text for word in PERSONAL) for text in words):
        return True
    found = cells.dropna()
    return bool(len(found) and found.map(digits).str.fullmatch(_CONTACT.pattern).mean() >= 0.2)


def identified_by_tool(name: str, tool: str = "") -> bool:
    """Whether the leaf name is one a survey tool gives an identifying column; nothing may keep such a column."""
    bare = _bare(name)
    last = re.split(r"[-/.:]", name.strip())[-1] if tool == "odk_central" else name
    return bool(
        bare in OF_TOOL.get(tool, ())
        or any(_TOOL.fullmatch(form) or _PLACE.fullmatch(form) for form in (name.strip(), bare, last))
        or tool in ("google_forms", "microsoft_forms", "surveymonkey")
        and bare in _PEOPLE
    )


def dropped_by_tool(name: str, tool: str = "") -> bool:
    """Whether the column is the tool's own and says nothing about the respondent."""
    return name in TOOL_COLUMNS or _bare(name) in DROPPED.get(tool, ())


def _bare(name: str) -> str:
    """A name in lower case, every run of other characters one `_`."""
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def identified_by_question(name: str) -> bool:
    """Whether a question's name says that its answers identify a person (`contact_phone_number`, `full_name`)."""
    return bool(_ASKED.fullmatch(name) or _ASKED.fullmatch(_bare(name)))
