"""Codes of the field with their labels in Chinese and English, each declared once."""

from matcher.core.vocabularies.base import Vocabulary
from matcher.core.vocabularies.contracts import CONTRACT_TYPE
from matcher.core.vocabularies.cooperation import (
    DISCLOSURE,
    IP_OWNERSHIP,
    LONG_COOPERATION,
    NEED_SOURCE,
    OFFER_COOPERATION,
    SHORT_COOPERATION,
)
from matcher.core.vocabularies.industries import INDUSTRY
from matcher.core.vocabularies.measures import COMPARATOR
from matcher.core.vocabularies.organisations import HONOUR, NATURE, ORGANISATION_KIND
from matcher.core.vocabularies.pairing import DECLINE_REASON
from matcher.core.vocabularies.regions import REGION
from matcher.core.vocabularies.results import (
    FORM,
    IP_KIND,
    IP_STATUS,
    LANGUAGE,
    LEVEL,
    MATURITY,
    OFFER_KIND,
    ORIGIN,
)
from matcher.core.vocabularies.technology import EMERGING, TECH_FIELD, TRL

__all__ = [
    "COMPARATOR",
    "CONTRACT_TYPE",
    "DECLINE_REASON",
    "DISCLOSURE",
    "EMERGING",
    "FORM",
    "HONOUR",
    "INDUSTRY",
    "IP_KIND",
    "IP_OWNERSHIP",
    "IP_STATUS",
    "LANGUAGE",
    "LEVEL",
    "LONG_COOPERATION",
    "MATURITY",
    "NATURE",
    "NEED_SOURCE",
    "OFFER_COOPERATION",
    "OFFER_KIND",
    "ORGANISATION_KIND",
    "ORIGIN",
    "REGION",
    "SHORT_COOPERATION",
    "TECH_FIELD",
    "TRL",
    "Vocabulary",
]
