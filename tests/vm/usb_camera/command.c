#include "tests/vm/usb_camera/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 70, FILE_BYTES_MAX = 1 << 22, RATE_SCALE = 1000 };

const char command_help[] =
    "  status                      what it is doing, and what it has delivered, as JSON\n"
    "  controls                    the values of its controls, as JSON\n"
    "  plug [PORT]                 plugs it in: the first free port, or that one\n"
    "  unplug                      pulls it out\n"
    "  fault KIND [COUNT|forever]  the next frames (1) have a fault; `fault none` ends it\n"
    "  silence                     sends no frames, but answers\n"
    "  hang                        answers nothing\n"
    "  resume                      ends both\n"
    "  halt                        the stream's endpoint refuses until the host clears it\n"
    "  transfer-error              one transfer fails, as by noise on the cable\n"
    "  rate N|off                  N frames a second, whatever was agreed\n"
    "  burst N|off                 N frames at once, then a pause\n"
    "  clock KIND                  times in the payload: none, good, zero, backwards, random\n"
    "  refuse WHAT [COUNT|forever] requests to a control, to `probe`, `commit` or `all` controls\n"
    "                              are refused (1); COUNT 0 ends it\n"
    "  files VERDICT FILE...       serves JPEG files, which are good, bad or unclear\n"
    "  files off                   pictures again\n"
    "  quit                        ends\n"
    "Faults of a frame: ";

typedef bool do_fn(struct device *device, int n, char **words, FILE *answer);

static bool say(FILE *answer, const char *text)
{
    fputs(text, answer);
    return false;
}

static bool say_ok(FILE *answer)
{
    fputs("ok", answer);
    return true;
}

/* A count, or -1 for "forever". False: neither. */
static bool parse_count(const char *word, long *ret_count)
{
    char *end;
    if (strcmp(word, "forever") == 0) {
        *ret_count = -1;
        return true;
    }
    long count = strtol(word, &end, 10);
    if (*end || end == word || count < 0 || count > INT32_MAX)
        return false;
    *ret_count = count;
    return true;
}

/* The optional count at words[index]; 1 when there is none. */
static bool count_at(int n, char **words, int index, long *ret_count)
{
    *ret_count = 1;
    return n <= index || parse_count(words[index], ret_count);
}

/* ---------------------------------------------------------------- what it tells */

static bool do_status(struct device *device, int n, char **words, FILE *answer)
{
    (void)n;
    (void)words;
    const struct stream *stream = &device->stream;
    const struct stream_counts *counts = &stream->counts;
    fprintf(answer,
            "{\"state\": \"%s\", \"port\": %d, \"format\": \"%s\", \"width\": %u, \"height\": %u, "
            "\"interval_100ns\": %u, \"number\": %u, \"streams\": %llu, \"delivered\": {",
            device->socket < 0       ? "unplugged"
            : !device->is_configured ? "plugged"
            : stream->is_on          ? "streaming"
                                     : "idle",
            device->port, mode_format_name(&device->negotiation.committed),
            device->negotiation.committed.width_px, device->negotiation.committed.height_px,
            device->negotiation.committed.interval_100ns, stream->number,
            (unsigned long long)counts->streams);
    for (int i = 0; i < 3; i++)
        fprintf(answer, "%s\"%s\": %llu", i ? ", " : "", verdict_names[i],
                (unsigned long long)counts->delivered[i]);
    fprintf(answer, "}, \"cut_off\": %llu, \"skipped\": %llu, \"stalled\": %llu, \"faults\": {",
            (unsigned long long)counts->cut_off, (unsigned long long)counts->skipped,
            (unsigned long long)device->stalled);
    const char *before = "";
    for (int i = 1; i < N_FAULTS; i++)
        if (counts->by_fault[i]) {
            fprintf(answer, "%s\"%s\": %llu", before, fault_kinds[i].name,
                    (unsigned long long)counts->by_fault[i]);
            before = ", ";
        }
    fputs("}}", answer);
    return true;
}

static bool do_controls(struct device *device, int n, char **words, FILE *answer)
{
    (void)n;
    (void)words;
    for (int i = 0; i < N_CONTROLS; i++)
        fprintf(answer, "%s\"%s\": %d", i ? ", " : "{", control_table[i].name,
                device->controls.value[i]);
    fputs("}", answer);
    return true;
}

/* ---------------------------------------------------------------- the cable */

static bool do_plug(struct device *device, int n, char **words, FILE *answer)
{
    long port = -1;
    if (n > 1 && !parse_count(words[1], &port))
        return say(answer, "a port is a number");
    int rc = device_plug(device, (int)port);
    if (rc < 0) {
        fprintf(answer, "not plugged in: %s", strerror(-rc));
        return false;
    }
    return say_ok(answer);
}

static bool do_unplug(struct device *device, int n, char **words, FILE *answer)
{
    (void)n;
    (void)words;
    device_unplug(device);
    return say_ok(answer);
}

/* ---------------------------------------------------------------- the frames */

static bool do_fault(struct device *device, int n, char **words, FILE *answer)
{
    long count;
    int fault = n > 1 ? fault_find(words[1]) : -1;
    if (fault < 0 || !count_at(n, words, 2, &count))
        return say(answer, "expected: fault KIND [COUNT|forever]; --help names them");
    if (fault_kinds[fault].is_jpeg_only && device->negotiation.committed.format != FORMAT_MJPEG)
        return say(answer, "only a JPEG can have this fault");
    device->scenario.fault = (enum fault)fault;
    device->scenario.fault_count = fault == FAULT_NONE ? 0 : count;
    return say_ok(answer);
}

static bool do_silence(struct device *device, int n, char **words, FILE *answer)
{
    (void)n;
    device->scenario.is_hung = strcmp(words[0], "hang") == 0;
    device->scenario.is_silent = strcmp(words[0], "silence") == 0;
    return say_ok(answer);
}

static bool do_halt(struct device *device, int n, char **words, FILE *answer)
{
    (void)n;
    (void)words;
    if (!device->stream.is_on)
        return say(answer, "it is not streaming");
    device->stream.is_halted = true;
    return say_ok(answer);
}

static bool do_transfer_error(struct device *device, int n, char **words, FILE *answer)
{
    (void)n;
    (void)words;
    if (!stream_fail(&device->stream, device->socket, -EPROTO))
        return say(answer, "the host waits for nothing");
    return say_ok(answer);
}

static bool do_rate(struct device *device, int n, char **words, FILE *answer)
{
    char *end = NULL;
    double rate = n > 1 && strcmp(words[1], "off") != 0 ? strtod(words[1], &end) : 0;
    if (n < 2 || (end && (*end || !(rate >= 0.01 && rate <= 1000))))
        return say(answer, "expected: rate N|off, from 0.01 to 1000 frames/s");
    device->scenario.rate_num = (uint32_t)(rate * RATE_SCALE);
    device->scenario.rate_den = RATE_SCALE;
    return say_ok(answer);
}

static bool do_burst(struct device *device, int n, char **words, FILE *answer)
{
    long count = 0;
    if (n < 2 || (strcmp(words[1], "off") != 0 && !parse_count(words[1], &count)) || count < 0 ||
        count > 100)
        return say(answer, "expected: burst N|off, at most 100");
    device->scenario.burst = (uint32_t)count;
    device->stream.n_bursting = 0;
    return say_ok(answer);
}

static bool do_clock(struct device *device, int n, char **words, FILE *answer)
{
    int lie = n > 1 ? name_find(clock_names, N_CLOCK_LIES, words[1]) : -1;
    if (lie < 0)
        return say(answer, "expected: clock none|good|zero|backwards|random");
    device->scenario.clock = (enum clock_lie)lie;
    return say_ok(answer);
}

static bool do_refuse(struct device *device, int n, char **words, FILE *answer)
{
    long count;
    if (n < 2 || !count_at(n, words, 2, &count))
        return say(answer, "expected: refuse WHAT [COUNT|forever]");
    int control = controls_find(words[1]);
    if (strcmp(words[1], "probe") == 0)
        device->negotiation.refuse_probe = (int)count;
    else if (strcmp(words[1], "commit") == 0)
        device->negotiation.refuse_commit = (int)count;
    else if (control >= 0)
        device->controls.refuse[control] = (int)count;
    else if (strcmp(words[1], "all") != 0)
        return say(answer, "expected: probe, commit, all, or a control (`controls` names them)");
    for (int i = 0; i < N_CONTROLS && strcmp(words[1], "all") == 0; i++)
        device->controls.refuse[i] = (int)count;
    return say_ok(answer);
}

/* Reads a whole file. */
static bool load(struct served *served, const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = file ? malloc(FILE_BYTES_MAX) : NULL;
    if (bytes) {
        served->file[served->n].bytes = bytes;
        served->file[served->n++].length = fread(bytes, 1, FILE_BYTES_MAX, file);
    }
    bool is_good = bytes && !ferror(file);
    if (file)
        fclose(file);
    return is_good;
}

static bool do_files(struct device *device, int n, char **words, FILE *answer)
{
    struct served *served = NULL;
    if (n != 2 || strcmp(words[1], "off") != 0) {
        int verdict = n > 2 ? name_find(verdict_names, 3, words[1]) : -1;
        served = verdict >= 0 ? calloc(1, sizeof *served) : NULL;
        if (!served || n - 2 > (int)(sizeof served->file / sizeof served->file[0])) {
            served_free(served);
            return say(answer, "expected: files good|bad|unclear FILE..., or files off");
        }
        served->verdict = (enum verdict)verdict;
        for (int i = 2; i < n; i++)
            if (!load(served, words[i])) {
                fprintf(answer, "%s: %s", words[i], strerror(errno));
                served_free(served);
                return false;
            }
    }
    served_free(device->scenario.served);
    device->scenario.served = served;
    return say_ok(answer);
}

static const struct {
    const char *word;
    do_fn *run;
} commands[] = {
    {"status", do_status}, {"controls", do_controls},
    {"plug", do_plug},     {"unplug", do_unplug},
    {"fault", do_fault},   {"silence", do_silence},
    {"hang", do_silence},  {"resume", do_silence},
    {"halt", do_halt},     {"transfer-error", do_transfer_error},
    {"rate", do_rate},     {"burst", do_burst},
    {"clock", do_clock},   {"refuse", do_refuse},
    {"files", do_files},
};

bool command_run(struct device *device, char *line, FILE *answer)
{
    char *words[WORDS_MAX], *at = NULL;
    int n = 0;
    for (char *word = strtok_r(line, " \t\n", &at); word && n < WORDS_MAX;
         word = strtok_r(NULL, " \t\n", &at))
        words[n++] = word;
    for (size_t i = 0; n && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].word, words[0]) == 0)
            return commands[i].run(device, n, words, answer);
    return say(answer, "not a command; --help names them");
}
