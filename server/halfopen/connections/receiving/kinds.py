"""What calls of well-known libraries do: work that costs something, and waiting that holds the event loop.

Names are those that an expression resolves to (`semantics.qualified_names`): "openai.OpenAI().chat.create",
"sqlalchemy.orm.Session().query().first". That a call of these waits in its own thread is how the libraries'
synchronous interfaces are documented; their asynchronous ones are awaited and are left out by the caller. What a
call into a package costs as such stands in a table (`libraries.package_work`).
"""

from __future__ import annotations

import re

from halfopen.connections.receiving.facts import WorkKind
from halfopen.connections.thread_calls import runs_in_thread
from halfopen.libraries.package_work import package_work

_CALLS: dict[str, WorkKind] = {
    "open": "file",
    "os.write": "process",
    "os.system": "process",
    "asyncio.create_subprocess_exec": "process",
    "asyncio.create_subprocess_shell": "process",
}
_OF_TORCH = frozenset({"load", "hub", "jit", "nn", "compile"})
"""What loads or runs a model in PyTorch: the rest makes, moves and reads tensors (`torch.from_numpy(x).float()`)."""
_MADE = re.compile(r"(^|\.)([A-Z]\w*|__a?(enter|exit)__|connect|disconnect)$")
"""What makes a client, an agent or its options, opens and ends it: it asks for no answer."""
_FREE = re.compile(
    r"(Error|Exception|Timeout|Config|Settings|Message|Field|Column|select|insert|update|delete|func|text|and_|or_|desc|asc|close|aclose"
    r"|models\.list|pubsub|p?(un)?subscribe)$"
)
"""Names of packages that only describe something: exceptions, statements, schemas; and what only asks a broker to tell."""


_OF_VALUES = re.compile(
    r"\.(split|rsplit|strip|lstrip|rstrip|lower|upper|title|replace|startswith|endswith|format|isoformat"
    r"|timestamp|items|hex|dict|model_dump|model_dump_json|model_validate|flag_modified)$"
)
"""What is done with a value that came from a package: a text, a date, a row's fields."""


def work_kind(name: str) -> WorkKind | None:
    """What a call of this name costs, None where nothing is known of it."""
    if name in _CALLS:
        return _CALLS[name]
    if runs_in_thread(name):
        return "thread"
    if _FREE.search(name) or _OF_VALUES.search(name):
        return None
    parts = name.replace("()", "").split(".")
    if parts[0] == "torch" and parts[1:2] and parts[1] not in _OF_TORCH:
        return None
    package = package_work(name)
    if package is None or (
        package.work == "model" and not package.loads_model and _MADE.search(name) is not None
    ):
        return None
    return package.work


_HTTP = r"(?:get|post|put|patch|delete|head|options|request|stream|send)"
_SQL = (
    r"(?:first|all|one|one_or_none|scalar|scalars|scalar_one|scalar_one_or_none|count|commit|execute|exec|flush|refresh|"
    r"get|delete|update|fetchone|fetchall|fetchmany|executemany|rollback|merge)"
)
_BLOCKING: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("sleep", r"time\.sleep"),
        ("request", rf"requests\.{_HTTP}|requests\.(?:sessions\.)?Session\(\)\.{_HTTP}"),
        ("request", rf"httpx\.{_HTTP}|httpx\.Client\(\)\.{_HTTP}"),
        ("request", r"urllib\.request\.(?:urlopen|urlretrieve)|urllib3\.PoolManager\(\)\.request"),
        ("process", r"subprocess\.(?:run|call|check_call|check_output|getoutput|getstatusoutput)"),
        ("process", r"subprocess\.Popen\(\)\.(?:wait|communicate)|os\.system|os\.waitpid"),
        ("measure", r"psutil\.(?:cpu_percent|cpu_times_percent)|psutil\.Process\(\)\.cpu_percent"),
        ("database", rf"(?:psycopg2|pymysql|sqlite3|MySQLdb|mysql\.connector)\.connect\(\).*\.{_SQL}"),
        ("database", r"(?:psycopg2|pymysql|mysql\.connector)\.connect"),
        ("database", rf"sqlalchemy\.orm\.(?:session\.)?(?:Session|sessionmaker\(\)|scoped_session\(\))\(\).*\.{_SQL}"),
        ("database", rf"sqlmodel\.(?:orm\.session\.)?Session\(\).*\.{_SQL}"),
        ("database", rf"sqlalchemy\.create_engine\(\)\.(?:connect|begin)\(\).*\.{_SQL}"),
        ("database", r"pymongo\.(?:mongo_client\.)?MongoClient\(\)\..*\.(?:find_one|insert_one|insert_many|update_one|update_many|delete_one|delete_many|count_documents|aggregate)"),
        ("database", r"redis\.(?:client\.)?(?:Redis|StrictRedis|from_url|Redis\.from_url)\(\)\.(?!pubsub|pipeline|\w*scan_iter)\w+"),
        ("model", r"openai\.(?:OpenAI|AzureOpenAI)\(\)\..*\.(?:create|parse|generate)|openai\.ChatCompletion\.create"),
        ("model", r"anthropic\.(?:Anthropic|AnthropicBedrock)\(\)\.messages\.(?:create|stream)"),
        ("model", r"(?:groq\.Groq|mistralai\.Mistral|cohere\.Client)\(\)\..*\.?(?:create|complete|chat)"),
        ("model", r"google\.generativeai\.GenerativeModel\(\)\..*(?:generate_content|send_message)"),
        ("model", r"google\.genai\.Client\(\)\.models\.generate_content\w*"),
        ("model", r"ollama\.(?:chat|generate|embeddings)|ollama\.Client\(\)\.\w+|litellm\.(?:completion|embedding)"),
        ("model", r"transformers\.(?!\w*(?:Tokenizer|TokenizerFast|Processor|Extractor|Config)\.)\w+\.from_pretrained\(\)(?:\.\w+\(\))*(?:\.generate|\.forward)?"),
        ("load", r"transformers\.(?!\w*(?:Tokenizer|TokenizerFast|Processor|Extractor|Config)\.)\w+\.from_pretrained"),
        ("load", r"transformers\.pipeline|diffusers\.\w+\.from_pretrained|sentence_transformers\.SentenceTransformer"),
        ("load", r"torch\.(?:load|hub\.load|jit\.load)|joblib\.load|whisper\.load_model|faster_whisper\.WhisperModel"),
        ("load", r"tensorflow\.keras\.models\.load_model|keras\.(?:saving\.|models\.)?load_model"),
        ("file", r"torch\.(?:jit\.)?save|joblib\.dump"),
        ("file", r"pandas\.read_(?:csv|excel|json|parquet|feather|pickle|table|hdf)|polars\.read_(?:csv|excel|parquet)"),
        ("model", r"(?:agno|phi)\.(?:agent|team)(?:\.\w+)*\.(?:Agent|Team)\(\)\.(?:run|print_response|continue_run)"),
        ("model", r"crewai\.(?:\w+\.)*Crew\(\)\.kickoff|smolagents\.(?:\w+\.)*(?:CodeAgent|ToolCallingAgent)\(\)\.run"),
        ("model", r"langchain_(?:openai|anthropic|groq|ollama|google_genai|mistralai|community)\..*\bChat\w+\(\)\.(?:invoke|stream|batch|predict)"),
        ("request", r"deepgram\.DeepgramClient\(\)\.listen\.(?:live|websocket)\.v\(\)\.(?:start|finish)"),
        ("model", r"torch\.(?:hub|jit)\.load\(\)(?:\.\w+\(\))*(?:\.forward)?|llama_cpp\.Llama\(\)(?:\.create_\w+)?"),
        ("model", r"funasr\.AutoModel\(\)\.generate|vosk\.KaldiRecognizer\(\)\.AcceptWaveform|TTS\.api\.TTS\(\)(?:\.to\(\))?\.tts\w*"),
        ("compute", r"deepface\.DeepFace\.\w+|insightface\.app\.FaceAnalysis\(\)\.get|face_recognition\.face_\w+|paddleocr\.PaddleOCR\(\)\.\w+"),
        ("request", r"speech_recognition\.Recognizer\(\)\.recognize_\w+|gtts\.(?:tts\.)?gTTS\(\)\.(?:save|write_to_fp)"),
        ("process", r"pydub\.AudioSegment\.from_(?:file|mp3|ogg)"),
        ("model", r"transformers\.pipeline\(\)|(?:whisper\.load_model|faster_whisper\.WhisperModel)\(\)\.transcribe"),
        ("compute", r"pytesseract\.image_to_\w+|easyocr\.Reader\(\)\.readtext|yfinance\.(?:download|Ticker\(\)\.\w+)"),
        ("compute", r"sentence_transformers\.SentenceTransformer\(\)\.encode|ultralytics\.YOLO\(\)(?:\.predict)?"),
        ("cloud", r"boto3\.(?:client|resource)\(\)\..*\w+|google\.cloud\.storage\.Client\(\)\..*\w+"),
        ("wait", r"threading\.(?:Event\(\)\.wait|Thread\(\)\.join)|queue\.(?:Queue|SimpleQueue)\(\)\.(?:get|join)"),
        ("wait", r"asyncio\.run_coroutine_threadsafe\(\)\.result|concurrent\.futures\..*\(\)\.result"),
        ("request", r"supabase\.(?:\w+\.)*(?:create_client|Client)\(\)\..*\.execute"),
        ("request", r"smtplib\.SMTP(?:_SSL)?(?:\(\)\.\w+)?"),
        ("wait", r"input"),
    )
)  # fmt: skip


def blocking_kind(name: str) -> str | None:
    """How a call of this name holds the thread that makes it."""
    for kind, pattern in _BLOCKING:
        if pattern.fullmatch(name):
            return kind
    return None
