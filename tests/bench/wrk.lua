-- The load of ingest alone: the documented event with ids of its own in each. Arguments: the file of
-- the body, and the first eight digits of the ids.
local ALERT_MARK = "------the-uuid-of-the-alert---------" -- as in sender.c
local EVENT_MARK = "------the-uuid-of-the-event---------"

local before, between, after, prefix
local number = 0

local function cut(text, mark)
    local first, last = text:find(mark, 1, true)
    return text:sub(1, first - 1), text:sub(last + 1)
end

function init(args)
    local file = assert(io.open(args[1], "rb"))
    local body = file:read("*a")
    file:close()
    prefix = args[2]
    wrk.method, wrk.body = "POST", body
    wrk.headers["Content-Type"] = "application/json"
    local rest
    before, rest = cut(wrk.format(), ALERT_MARK)
    between, after = cut(rest, EVENT_MARK)
end

function request()
    number = number + 1
    local id = string.format("000-%012d", number)
    return before .. prefix .. "-0000-4000-8" .. id .. between .. prefix .. "-0000-4000-9" .. id .. after
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "refused": %d, "broken": %d, "seconds": %.6f, "p99_ms": %.3f}\n',
        summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        summary.duration / 1e6, latency:percentile(99) / 1e3))
end
