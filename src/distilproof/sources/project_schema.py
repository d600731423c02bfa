"""What may stand in a project file: sections, keys, types and ranges."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

Share = Annotated[float, Field(ge=0.0, le=1.0)]
InnerShare = Annotated[float, Field(gt=0.0, lt=1.0)]
Edge = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(min_length=1)]
Money = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Days = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*d$")]


class Section(BaseModel):
    """A table of the file: no key beyond those named, no type but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Floor(Section):
    """A least value, and for accuracy how far below the teacher."""

    floor: Share | None = None
    margin: Share | None = None


class Cap(Section):
    """A largest value."""

    cap: Share | None = None


class Acceptance(Section):
    """What is asked of the answers that a threshold on the confidence accepts."""

    precision: InnerShare | None = None
    coverage_gap: Share | None = None


class BarsSection(Section):
    """Bars of all slices, or of one."""

    accuracy: Floor = Floor()
    introduced_error: Cap = Cap()
    gap_growth: Cap = Cap()
    calibration: Cap = Cap()
    threshold: Acceptance = Acceptance()


class AllBars(BarsSection):
    """`[bars]`, and `[bars.slice."name"]` for a slice of its own."""

    slice: dict[str, BarsSection] = {}


class StudentSection(Section):
    """`[student]`: what it is, who answers for it, how far it goes."""

    name: Text
    kind: Literal["classifier", "embedding", "generator"] = "classifier"
    owner: Text | None = None
    reviewer: Text | None = None
    review_every: Days | None = None
    exposure: Literal["internal", "server", "on-device", "customer-controlled"] | None = None
    distribution: Literal["internal", "hosted", "published"] | None = None


class PriceSection(Section):
    """`[teacher.price]`: US dollars a million tokens."""

    input: Money
    output: Money


class TeacherSection(Section):
    """`[teacher]`: what the student was made from, and how it is asked."""

    name: Text
    adapter: Text | None = None
    source: Text | None = None
    terms: Text | list[Text] | None = None
    model: Text | None = None
    revision: Text | None = None
    inputs: list[Text] = []
    labels: list[Text] = []
    answer: Text | None = None
    probabilities: Text | None = None
    prompt: Text | None = None
    prompt_file: Text | None = None
    parameters: dict[str, str | int | float | bool] = {}
    key_env: Text | None = None
    votes: Annotated[int, Field(ge=1, le=101)] = 1
    price: PriceSection | None = None


class ModelSection(Section):
    """`[[models]]`: another model whose output reaches training, calibration or selection."""

    name: Text
    role: Literal["judge", "simulator", "label-model", "selector"]
    terms: Text | list[Text] | None = None


class UseSection(Section):
    """`[use]`: what becomes of the student, as far as terms ask."""

    commercial: bool = True
    territory: list[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]] = []
    monthly_users: Annotated[int, Field(ge=0)] | None = None
    monthly_revenue_usd: Annotated[int, Field(ge=0)] | None = None
    student_family: Text | None = None
    modality: Literal["text", "image", "audio"] = "text"
    teacher_sees: Literal["text", "image", "audio"] = "text"
    model_as_a_service: bool = False


class LabellingSection(Section):
    """`[labelling]`: how hard the teacher is asked, what it may cost, and of which rows."""

    connections: Annotated[int, Field(ge=1, le=1024)] = 16
    max_usd: Money | None = None
    max_requests: Annotated[int, Field(ge=1)] | None = None
    apart_by: Literal["inputs", "id"] = "inputs"


class DataSection(Section):
    """`[data]`: labelled tables by what they are used for."""

    train: Text | None = None
    calibrate: Text | None = None
    certify: Text | None = None
    discover: Text | None = None
    production: Text | None = None
    id: Text | None = None
    label: Text | None = None
    time: Text | None = None


class PredictionsSection(Section):
    """`[predictions]`: the table to judge, and its columns by role."""

    table: Text | None = None
    table_name: Text | None = None
    query: Text | None = None
    label: Text | None = None
    teacher: Text = "teacher"
    student: Text = "student"
    id: Text | None = None
    repeat: Text | None = None
    cluster: Text | None = None
    split: Text | None = None
    time: Text | None = None
    weight: Text | None = None
    label_source: Text | None = None
    teacher_score: Text | None = None
    student_score: Text | None = None
    agreement: Text | None = None
    teacher_confidence: Text | None = None
    student_confidence: Text | None = None
    teacher_probs: Text | None = None
    student_probs: Text | None = None


class SlicesSection(Section):
    """`[slices]`: columns, crosses and bands, and which of their levels bind."""

    columns: list[Text] = []
    critical: list[Text] = []
    protected: list[Text] = []
    crosses: list[list[Text]] = []
    bands: dict[str, list[Edge]] = {}


class LadderSection(Section):
    """`[ladder]`: the sizes to try, large to small, how they are trained and tested."""

    family: Text
    rungs: Annotated[list[Text], Field(min_length=1)]
    compare: list[Text] = []
    targets: Literal["soft", "hard", "gold"] = "soft"
    inputs: list[Text] = []
    options: dict[str, JsonValue] = {}
    seed: Annotated[int, Field(ge=0)] = 0
    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    procedure: Literal["fixed-sequence", "fallback"] = "fixed-sequence"
    shares: dict[str, Annotated[float, Field(gt=0.0, le=1.0)]] = {}


class MonitorSection(Section):
    """`[monitor]`: how production is watched."""

    labels_per_day: Annotated[int, Field(gt=0)] | None = None
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05


class ProjectSchema(Section):
    """The whole file."""

    student: StudentSection
    teacher: TeacherSection | None = None
    models: list[ModelSection] = []
    use: UseSection = UseSection()
    obligations: dict[str, Text] = {}
    labelling: LabellingSection = LabellingSection()
    data: DataSection = DataSection()
    predictions: PredictionsSection = PredictionsSection()
    slices: SlicesSection = SlicesSection()
    bars: AllBars = AllBars()
    ladder: LadderSection | None = None
    monitor: MonitorSection = MonitorSection()
