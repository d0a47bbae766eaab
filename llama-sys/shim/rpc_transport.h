// Included in front of ggml-rpc's transport.cpp: a host that vanishes without a word is noticed, and a connection
// that breaks is an error instead of a signal.
#pragma once

#include <cstddef>

#ifndef _WIN32

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace lrs {

// The connection that this thread makes: a server that is busy with another client does not greet.
inline thread_local int greeting = -1;
constexpr int greeting_timeout = 10 * 1000; // milliseconds

inline ssize_t receive(int fd, void * data, std::size_t size, int flags) {
    if (fd == greeting) {
        pollfd waiting = {fd, POLLIN, 0};
        if (::poll(&waiting, 1, greeting_timeout) <= 0) {
            return -1;
        }
    }
    return ::recv(fd, data, size, flags);
}

inline int new_socket(int family, int type, int protocol) {
    const int fd = ::socket(family, type, protocol);
    const auto set = [fd](int level, int option, int value) {
        // Where the system lacks an option its own, longer times hold.
        (void) ::setsockopt(fd, level, option, &value, sizeof value);
    };
    if (fd >= 0) {
        // Seconds of silence, seconds between probes, probes: half a minute in all.
        set(SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
        set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
        set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
        set(IPPROTO_TCP, TCP_KEEPCNT, 4);
#endif
#ifdef TCP_USER_TIMEOUT
        // Milliseconds that sent data may stay without a sign of life.
        set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60 * 1000);
#endif
#ifdef TCP_SYNCNT
        // Attempts to connect, 7 seconds in all.
        set(IPPROTO_TCP, TCP_SYNCNT, 2);
#endif
#ifdef SO_NOSIGPIPE
        set(SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    }
    greeting = fd;
    return fd;
}

#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_NOSIGNAL;
#else
constexpr int send_flags = 0;
#endif

} // namespace lrs

#define socket(family, type, protocol) lrs::new_socket(family, type, protocol)
#define recv(fd, data, size, flags) lrs::receive(fd, data, size, flags)
#define send(fd, data, size, flags) ::send(fd, data, size, (flags) | lrs::send_flags)

#endif
