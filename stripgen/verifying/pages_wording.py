"""What several pages of a paper say alike: whose it is, which medicine, and how the taper goes."""

from stripgen.verifying.expected import ExpectedDay
from stripgen.verifying.pages_labels import BLANK
from stripgen.verifying.phrases import Voice
from stripgen.verifying.promise import Promise


def name_patient(promise: Promise, voice: Voice) -> str:
    """Return who the patient is, with lines to write on for what the order does not say."""
    patient = promise.order.patient
    name = patient.name or voice.say("page.patient", line=BLANK)
    return voice.say("page.patient_born", name=name, born=patient.birth_date or BLANK)


def name_medicine_and_taper(promise: Promise, voice: Voice) -> str:
    """Return the drug and how its dose goes down, as many pages have it on top."""
    drug = voice.drug(promise.order.medication.drug)
    return voice.say("page.medicine_and_taper", drug=drug, taper=describe_taper(promise, voice))


def describe_taper(promise: Promise, voice: Voice) -> str:
    """Return `20 mg to stop in 112 days`."""
    start_mg, n_days = promise.order.taper.start_dose_mg, promise.n_days
    final_mg = 0 if promise.stops else promise.expected.days[-1].dose_mg
    if final_mg == start_mg:
        return voice.say("taper.held", dose=start_mg, days=n_days)
    return voice.say("taper.span_in", start=start_mg, end=describe_end(promise, voice), days=n_days)


def describe_end(promise: Promise, voice: Voice) -> str:
    """Return what a taper comes to: the stop, or a dose."""
    if promise.stops:
        return voice.say("taper.to_stop")
    return voice.say("taper.to_dose", dose=promise.expected.days[-1].dose_mg)


def rises(day: ExpectedDay) -> bool:
    """Return whether a day's dose is above that of the day before."""
    return day.drop_mg < 0
