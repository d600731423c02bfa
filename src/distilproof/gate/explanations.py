"""What each finding means: in words, how it is computed, where that comes from, what to do."""

from dataclasses import dataclass
from difflib import get_close_matches

from distilproof.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One code of a finding, explained.

    Parameters
    ----------
    code, title
        The code, and its name for people.
    meaning
        What is at stake.
    computed
        How the verdict comes about.
    source
        Literature or rule behind it.
    act
        What to do when it does not hold.
    """

    code: str
    title: str
    meaning: str
    computed: str
    source: str
    act: str


EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(
        code="G1-terms",
        title="Terms of the models behind the student",
        meaning="Many teachers may not be used to train another model, or only under conditions. "
        "A student made against its teacher's terms cannot be repaired, only withdrawn. Judges, "
        "simulators and label models bind it as the teacher does.",
        computed="The clearance on record is held against what the project asks now. PASS when it "
        "opens: every layer of terms of every model allows this use. FAIL when one forbids it. "
        "MISSING when there is none, when a person still has to judge, or when the terms are not "
        "known. STALE when it has expired, or was given for another teacher, another use, other "
        "terms, or terms of which the register says something else by now.",
        source="The licence or the terms of service of each model. The register is a starting "
        "point with a date, and no legal advice.",
        act="distilproof clear asks again, and says which sentence a person has to judge. FAIL: "
        "take another teacher, change the use, or get a permission and keep it with distilproof "
        "permit.",
    ),
    Explanation(
        code="G1-obligation",
        title="Obligation to terms",
        meaning="Terms that allow a student may ask for something in return: a name that begins in "
        "a certain way, a line of attribution, a copy of the licence, a limit on users.",
        computed="One finding for each duty of the clearance. What the project file says decides a "
        "name and a limit: PASS or FAIL. A line, a notice or a copy is looked for in the text file "
        "that [obligations] names for it: PASS when it holds what is owed, FAIL when it does not, "
        "MISSING when no file is named. So is a limit whose number nobody said.",
        source="The condition in the terms that the message names; distilproof terms show ID.",
        act="Meet it: rename the student, write the text and name its file under [obligations] by "
        "the key in the message, or say the number under [use].",
    ),
    Explanation(
        code="G2-gap-growth",
        title="Growth of a group's gap",
        meaning="A student can be as good as its teacher on average and treat a protected group "
        "worse than its teacher does.",
        computed="|student's gap| - |teacher's gap| between a protected group and the largest "
        "group of its column, for accuracy and, with two classes, for the selection rate and the "
        "true positive rates. Within a group both models answer the same rows: Tango's bounds; "
        "groups are independent: MOVER. PASS when the upper bound is at or below the cap.",
        source="Tango, Statistics in Medicine 17 (1998) 891-908; Zou and Donner, Statistics in "
        "Medicine 27 (2008) 1693-1702; Hardt, Price and Srebro, NeurIPS (2016) for the rates.",
        act="Look at the rates of that group in the report; add rows of it to the distillation "
        "data, use a larger student, or label more rows of it where the verdict is INSUFFICIENT.",
    ),
    Explanation(
        code="G2-weaknesses",
        title="Known weaknesses of the teacher",
        meaning="What is known to be wrong with the teacher may have survived in the student.",
        computed="Each registered weakness has to be tried on the student. Nothing tried it here, "
        "so it is MISSING.",
        source="A student is a new model: it inherits errors and makes its own.",
        act="List the teacher's known weaknesses and measure each of them on the student.",
    ),
    Explanation(
        code="G2-safety",
        title="Safety of the student",
        meaning="Safety that was trained into the teacher does not come along by itself.",
        computed="Safety tests have to be run on the student itself. None was, so it is MISSING.",
        source="A student is a new model, whatever its teacher passed.",
        act="Run the safety tests of its use on the student.",
    ),
    Explanation(
        code="G2-attacks",
        title="Adversarial tests on the student",
        meaning="A small model is easier to copy and to run, and so easier to attack.",
        computed="Attacks have to be tried on the student itself, harder where it is more exposed. "
        "None was, so it is MISSING.",
        source="A student is a new model, whatever its teacher withstood.",
        act="Run adversarial tests that fit its exposure on the student.",
    ),
    Explanation(
        code="G3-accuracy-floor",
        title="Accuracy floor",
        meaning="The student has to be right often enough on every critical slice, not on average.",
        computed="One-sided Clopper-Pearson bounds of the share of labelled rows the student gets "
        "right (Korn-Graubard at the effective size for weighted or clustered rows). PASS when the "
        "lower bound reaches the floor; FAIL when the upper bound stays under it after Holm's "
        "adjustment over the slices; else INSUFFICIENT. A null answer counts as wrong.",
        source="Clopper and Pearson, Biometrika 26 (1934) 404-413; Korn and Graubard, Survey "
        "Methodology 24 (1998) 193-201; Holm, Scand. J. Statistics 6 (1979) 65-70; Berger, "
        "Technometrics 24 (1982) 295-300, for judging all slices at once.",
        act="FAIL: distil with more rows of that slice, or use a larger student. INSUFFICIENT: "
        "label as many rows of that slice as the finding says.",
    ),
    Explanation(
        code="G3-accuracy-margin",
        title="Margin to the teacher",
        meaning="On every critical slice the student may be worse than its teacher by less than "
        "the margin: non-inferiority. A difference that is merely not significant proves nothing.",
        computed="Tango's score bounds of student minus teacher on the same rows, from the rows "
        "that only one of them gets right. PASS when the lower bound is above minus the margin.",
        source="Tango, Statistics in Medicine 17 (1998) 891-908.",
        act="FAIL: this size lost the slice; take a larger student or add rows of it. "
        "INSUFFICIENT: label as many rows as the finding says.",
    ),
    Explanation(
        code="G3-introduced-cap",
        title="Errors that the student introduced",
        meaning="Rows that the teacher gets right and the student wrong: what distillation itself "
        "broke, even where repairs elsewhere hide it in the accuracy.",
        computed="Clopper-Pearson bounds of their share of labelled rows. PASS when the upper "
        "bound is at or below the cap.",
        source="Clopper and Pearson, Biometrika 26 (1934) 404-413.",
        act="Read such rows; they show what the student cannot represent. Then a larger student, "
        "or more rows like them.",
    ),
    Explanation(
        code="G3-size",
        title="Size that follows from the quality",
        meaning="Whoever picks a size by one average picks one that breaks where nobody looked. "
        "The size should be the smallest that is shown to hold every critical slice.",
        computed="PASS when the sweep that the student comes from chose it, or showed it to hold "
        "and chose a smaller one. INSUFFICIENT, as a warning, when the sweep did not certify it: "
        "it was set aside, not looked at, not shown to hold, or only compared. STALE, as a "
        "warning, when the bars, the slices, the order or the rows to certify on are others now "
        "than those of the sweep, whose rows are judged all the same. Whether it holds is asked by "
        "its own bars, which bind. Not asked of a table that comes from no sweep.",
        source="Fixed-sequence test: Bauer, Statistics in Medicine 10 (1991), 871-890. Each size "
        "by an intersection-union test: Berger, Technometrics 24 (1982), 295-300.",
        act="Release the size that the sweep chose, or sweep again on rows that nobody looked at.",
    ),
    Explanation(
        code="G3-looks",
        title="Looks at the same rows",
        meaning="Each candidate that is judged on the same rows is another chance to pass by luck. "
        "After eight tries, the one that passed is a bad one nearly every third time.",
        computed="Every look is kept: which rows, which candidate, when. A warning where the rows "
        "were looked at before for other candidates, or a tenth of them and more; it binds nobody. "
        "Which share of the rows that was is told from 256 of them. The sizes of one ladder, "
        "tested in the order that was declared, count as one look: their procedure has paid for "
        "all of them. Candidates are told apart by their answers, rows by their ids, or without "
        "ids by labels and the teacher's answers.",
        source="Dwork, Feldman, Hardt, Pitassi, Reingold and Roth, Science 349 (2015) 636-638; "
        "Bauer, Statistics in Medicine 10 (1991) 871-890, for the declared order.",
        act="Certify what is to be released on fresh rows, or declare the candidates as a ladder "
        "before they are looked at.",
    ),
    Explanation(
        code="G4-calibration-cap",
        title="Calibration error",
        meaning="A threshold on a confidence is worth what the confidence is worth. Students "
        "trained on hard labels are often far too sure of themselves.",
        computed="Debiased L2 calibration error over 15 equal-mass bins, with an upper bound that "
        "holds for small samples. PASS when the upper bound is at or below the cap. Not asked of "
        "slices that involve the label: given the answer, no confidence is right on average.",
        source="Kumar, Liang and Ma, NeurIPS (2019); the plug-in error is biased upward and is "
        "shown, never judged.",
        act="distilproof recalibrate: it fits a curve to rows that are used for nothing else. Then "
        "judge again.",
    ),
    Explanation(
        code="G4-in-the-large",
        title="Calibration in the large",
        meaning="Mean confidence has to lie near accuracy: a student that is too sure overall is "
        "too sure at every threshold.",
        computed="Bounds of mean confidence minus accuracy. PASS when both are within the cap.",
        source="Cox, Biometrika 45 (1958) 562-565.",
        act="distilproof recalibrate; one temperature often suffices.",
    ),
    Explanation(
        code="G4-recalibration",
        title="Recalibrator",
        meaning="The confidence of a student is seldom what it says, and recalibration can make it "
        "worse: a curve has to be fitted to some rows, chosen by others, and verified on rows that "
        "took part in neither.",
        computed="Of identity, temperature, Platt, beta, isotonic and vector scaling, each fitted "
        "to the fit rows, the one of least log-loss on the select rows is taken; identity stays "
        "unless another is better by more than one standard error. PASS when that was done and the "
        "table that is judged carries the digest of the recalibrator on record. STALE when it "
        "carries another, or the predictions changed since. MISSING when nobody tried. Whether the "
        "result can be believed is G4-calibration-cap and G4-in-the-large, on certify rows.",
        source="Platt (1999); Zadrozny and Elkan, KDD (2002); Guo, Pleiss, Sun and Weinberger, "
        "ICML (2017); Kull, Silva Filho and Flach, AISTATS (2017).",
        act="distilproof recalibrate, then distilproof gate.",
    ),
    Explanation(
        code="G4-threshold",
        title="Certified threshold",
        meaning="A threshold that reached its target on the rows it was tuned on misses it on new "
        "ones about half of the time, and on some group more often.",
        computed="Where bars.threshold.precision is set, distilproof recalibrate learns the "
        "loosest threshold that keeps it on the select rows, by exact tests in an order fixed "
        "before looking. On the certify rows each critical slice has to keep it by the lower bound "
        "of its own accepted answers; slices that involve the label are not asked. INSUFFICIENT "
        "when no threshold is shown to keep it, or a slice has too few accepted rows. STALE when "
        "the recalibrator is another than the threshold was certified with. MISSING when one is "
        "asked for and none was learned; where none is asked for that is said, and does not block.",
        source="Angelopoulos, Bates, Candes, Jordan and Lei, Learn then Test (2021); Geifman and "
        "El-Yaniv, NeurIPS (2017).",
        act="MISSING, STALE: distilproof recalibrate. INSUFFICIENT: label as many rows as the "
        "finding says. FAIL: ask for another precision, or let a person look at that group's "
        "answers. Until it holds, accept no answer for its confidence alone.",
    ),
    Explanation(
        code="G4-coverage-gap",
        title="Gap of coverage",
        meaning="A threshold that keeps its precision in every group may accept few answers of "
        "one: its people wait for somebody to look.",
        computed="Share of a protected group's labelled rows at or above the threshold, less that "
        "of the largest group of its column, by Newcombe's bounds. PASS when both are within "
        "bars.threshold.coverage_gap. Where no such bar is set, a gap that is shown to pass 0.05 "
        "warns and binds nobody.",
        source="Jones, Sagawa, Koh, Kumar and Liang, ICLR (2021); Newcombe, Statistics in Medicine "
        "17 (1998) 873-890.",
        act="Find out why the student is unsure of that group: fewer rows of it in training, or "
        "harder ones. Make sure that whoever looks at the rest has the time.",
    ),
    Explanation(
        code="G5-teacher-pin",
        title="Pin of the teacher",
        meaning="An API teacher moves under a name that stays the same; without a pin nobody can "
        "say what the student was made from.",
        computed="The pin on record is held against the project. PASS when every file still has "
        "its digest, and prompt, labels and parameters are the pinned ones; behind an API, where "
        "nobody can see files, when the id and the settings are, and a fingerprint of its answers "
        "is kept, which distilproof pin --check holds it to. FAIL when something moved, or the pin "
        "is of another teacher. MISSING when there is none, or when the teacher's files cannot be "
        "read.",
        source="A model's identity is its weights, not its name.",
        act="MISSING: distilproof pin, before the next label is made. FAIL: restore the teacher "
        "that was pinned, or pin the new one and label again: what the old one said is no longer "
        "what this teacher says.",
    ),
    Explanation(
        code="G6-owner",
        title="Owner and review",
        meaning="A model that nobody owns is a model that nobody switches off.",
        computed="A named owner, a reviewer and a review that is not overdue have to be on record. "
        "A table of predictions cannot show them, so it is MISSING.",
        source="A release needs somebody who answers for it.",
        act="Name an owner, a reviewer and a cadence.",
    ),
    Explanation(
        code="G6-monitor",
        title="Monitoring plan",
        meaning="Quality decays in silence, and on the rare slice first.",
        computed="A plan to sample and judge production by critical slice has to be on record. "
        "None is, so it is MISSING.",
        source="A certificate holds for the data that it was made on.",
        act="Plan how many production rows are labelled a day, by critical slice.",
    ),
    Explanation(
        code="G6-trigger",
        title="Trigger to distil again",
        meaning="Without a rule made in advance, the decision to distil again is never due.",
        computed="A rule that says when to distil again has to be on record. None is, so it is "
        "MISSING.",
        source="A trigger chosen after looking is no trigger.",
        act="Write down which alarm on which slice calls for a new student.",
    ),
)
"""Every code that a finding can carry, in the order of the checks."""


def explain(code: str) -> Explanation:
    """Look up a code; case does not matter.

    Raises
    ------
    UsageError
        When there is no such code.

    Examples
    --------
    >>> explain("g3-accuracy-floor").title
    'Accuracy floor'
    """
    known = {one.code.casefold(): one for one in EXPLANATIONS}
    found = known.get(code.casefold())
    if found is None:
        begun = [name for name in known if name.startswith(code.casefold())]
        close = begun or get_close_matches(code.casefold(), known, n=1, cutoff=0.4)
        meant = " or ".join(known[name].code for name in close)
        hint = f"Did you mean {meant}? " if close else ""
        raise UsageError(
            f"no finding has the code {code!r}", hint=f"{hint}distilproof explain lists them all."
        )
    return found
