// SPDX-License-Identifier: MIT-0 (do with it what you like)
//
// A sink for tocsin that makes its own connection: one line of text a message over TCP, and the far
// end answers "ok", or "no" and why. It runs on a thread of its own and may block, as long as it
// waits by host->wait, which ends at the deadline.
//
// No exception may leave a function that tocsin calls: each is noexcept.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <tocsin/sink.h>

namespace
{

struct config {
    const char *url;
};

const tocsin_option options[] = {
    TOCSIN_OPTION(config, url, TOCSIN_REQUIRED | TOCSIN_URL, nullptr,
        "where to connect to: tcp://ADDRESS:PORT"),
};

// For host->wait.
enum {
    readable = 1,
    writable = 2,
};

using address_ptr = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// Empty where it is no tcp://ADDRESS:PORT. Names are not looked up: that keeps no deadline.
address_ptr find_address(const char *url)
{
    addrinfo hints{}, *found = nullptr;
    char host[64], port[6];

    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (std::sscanf(url, "tcp://[%63[0-9a-fA-F:.]]:%5[0-9]", host, port) == 2 ||
        std::sscanf(url, "tcp://%63[0-9.]:%5[0-9]", host, port) == 2)
        getaddrinfo(host, port, &hints, &found);
    return {found, freeaddrinfo};
}

// One attempt's connection; it ends with the attempt.
class connection
{
  public:
    connection(tocsin_call *call, const addrinfo *address)
        : call(call), fd(socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
          address(address)
    {
    }
    connection(const connection &) = delete;
    connection &operator=(const connection &) = delete;
    ~connection()
    {
        if (fd >= 0)
            ::close(fd);
    }

    bool connect()
    {
        if (fd < 0)
            return false;
        if (::connect(fd, address->ai_addr, address->ai_addrlen) == 0)
            return true;
        if (errno != EINPROGRESS || !is_ready(writable))
            return false;
        socklen_t len = sizeof errno;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &len);
        return errno == 0;
    }

    bool send(const std::string &line)
    {
        for (size_t done = 0; done < line.size();) {
            ssize_t sent = ::send(fd, line.data() + done, line.size() - done, MSG_NOSIGNAL);
            if (sent > 0)
                done += static_cast<size_t>(sent);
            else if (errno != EAGAIN || !is_ready(writable))
                return false;
        }
        return true;
    }

    // A line, or as much of it as 256 bytes hold; it may come in pieces.
    bool receive(std::string &line)
    {
        while (line.size() < 256 && line.find('\n') == std::string::npos) {
            char piece[64];
            ssize_t got = is_ready(readable) ? recv(fd, piece, sizeof piece, 0) : -1;
            if (got == 0)
                errno = ECONNRESET; // closed in the middle: no answer either
            if (got <= 0 && errno != EAGAIN)
                return false;
            line.append(piece, got > 0 ? static_cast<size_t>(got) : 0);
        }
        line.erase(std::min(line.find_first_of("\r\n"), line.size()));
        // It may be shown to people: no other bytes than letters and signs of ASCII.
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
        return true;
    }

  private:
    // Whether the socket is ready before the deadline; else errno says that it passed.
    bool is_ready(int event)
    {
        if (call->host->wait(call, fd, event, -1) == 1)
            return true;
        errno = ETIMEDOUT;
        return false;
    }

    tocsin_call *call;
    int fd;
    const addrinfo *address;
};

// Says what is wrong with the options before anything is sent: `tocsin check` asks it too.
bool check(tocsin_call *, const void *settings, const char **why) noexcept
{
    if (find_address(static_cast<const config *>(settings)->url))
        return true;
    *why = "url: must be like tcp://192.0.2.1:7000";
    return false;
}

void *open(tocsin_call *, const void *settings, const char **why) noexcept
{
    *why = "out of memory";
    return find_address(static_cast<const config *>(settings)->url).release();
}

void close(void *instance) noexcept
{
    freeaddrinfo(static_cast<addrinfo *>(instance));
}

void fail(tocsin_call *call, tocsin_outcome *outcome, const char *step)
{
    outcome->result = TOCSIN_RETRY;
    outcome->reason = call->host->format(call, "cannot %s: %s", step, std::strerror(errno));
}

void deliver(void *instance, tocsin_call *call, tocsin_outcome *outcome) noexcept
{
    connection far_end(call, static_cast<const addrinfo *>(instance));
    // A title is one line, whatever stood in the alert.
    std::string line = std::string(call->message->delivery) + ' ' + call->message->title + '\n';
    std::string answer;

    if (!far_end.connect()) {
        fail(call, outcome, "connect");
    } else if (!far_end.send(line)) {
        fail(call, outcome, "send the message");
    } else if (!far_end.receive(answer)) {
        fail(call, outcome, "read the answer");
        outcome->maybe_sent = 1; // who reads of a repeat later knows why
    } else if (answer == "ok") {
        outcome->result = TOCSIN_DELIVERED;
    } else if (answer.compare(0, 3, "no ") == 0) {
        outcome->result = TOCSIN_REJECTED;
        outcome->reason = call->host->format(call, "refused: %s", answer.c_str() + 3);
    } else {
        // The far end is out of order, or is another one: the message is not at fault.
        outcome->result = TOCSIN_RETRY;
        outcome->maybe_sent = 1;
        outcome->reason = call->host->format(call, "neither ok nor no: %s", answer.c_str());
    }
}

} // namespace

// In the order of the header.
TOCSIN_EXPORT const tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "sink-template",
    .version = "1.0",
    .help = "sends each message as a line over TCP",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(config, options),
    .check = check,
    .open = open,
    .deliver = deliver,
    .close = close,
};
