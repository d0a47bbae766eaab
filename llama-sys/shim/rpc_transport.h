// Included in front of ggml-rpc's transport.cpp: a host that vanishes without a word is noticed, one that never says
// a word as well, a connection that breaks is an error instead of a signal, and a signal handler that runs is nothing.
#pragma once

#ifndef _WIN32

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace lrs {

// Bytes that must come soon on this thread: a greeting where it has made or accepted a connection (a client's has 33
// bytes, a server's 36), otherwise the first answer of the server that the thread talks to. Only later may somebody be
// at work, or silent because there is nothing to say.
inline thread_local std::size_t urgent = sizeof(std::uint64_t) + 1;
constexpr std::size_t greeting_size = 33;
constexpr std::chrono::milliseconds patience(10 * 1000);

// Repeats a call that a signal handler has interrupted.
template <typename Call> auto uninterrupted(Call && call) {
    for (;;) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) {
            return result;
        }
    }
}

inline bool readable_soon(int fd) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left = deadline - std::chrono::steady_clock::now();
        const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
        pollfd waiting = {fd, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, wait > 0 ? static_cast<int>(wait) : 0);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        return ready > 0;
    }
}

inline ssize_t receive(int fd, void * data, std::size_t size, int flags) {
    if (urgent > 0 && !readable_soon(fd)) {
        return -1;
    }
    const ssize_t count = uninterrupted([&] { return ::recv(fd, data, size, flags); });
    if (count > 0) {
        urgent -= std::min(urgent, static_cast<std::size_t>(count));
    }
    return count;
}

// Every new connection gets this option first.
inline int set_option(int fd, int level, int option, const void * value, socklen_t size) {
    if (level == IPPROTO_TCP && option == TCP_NODELAY) {
        urgent = greeting_size;
    }
    return ::setsockopt(fd, level, option, value, size);
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
    return fd;
}

#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_NOSIGNAL;
#else
constexpr int send_flags = 0;
#endif

inline ssize_t transmit(int fd, const void * data, std::size_t size, int flags) {
    return uninterrupted([&] { return ::send(fd, data, size, flags | send_flags); });
}

// An interrupted attempt goes on by itself; how it went shows once something can be sent.
inline int connect_whole(int fd, const sockaddr * address, socklen_t size) {
    const int result = ::connect(fd, address, size);
    if (result == 0 || errno != EINTR) {
        return result;
    }
    pollfd waiting = {fd, POLLOUT, 0};
    int why = 0;
    socklen_t length = sizeof why;
    const bool known = uninterrupted([&] { return ::poll(&waiting, 1, -1); }) > 0 &&
                       ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &length) == 0;
    return known && why == 0 ? 0 : -1;
}

// What went wrong with one client does not concern the others.
inline int accept_next(int fd, sockaddr * address, socklen_t * size) {
    for (;;) {
        const int client = ::accept(fd, address, size);
        if (client >= 0 || (errno != EINTR && errno != ECONNABORTED && errno != EPROTO)) {
            return client;
        }
    }
}

} // namespace lrs

#define socket(family, type, protocol) lrs::new_socket(family, type, protocol)
#define setsockopt(fd, level, option, value, size) lrs::set_option(fd, level, option, value, size)
#define recv(fd, data, size, flags) lrs::receive(fd, data, size, flags)
// The transport has methods of these names too, with other numbers of arguments.
#define LRS_FOURTH(a, b, c, d, ...) d
#define accept(...) LRS_FOURTH(__VA_ARGS__, lrs::accept_next, accept, accept, accept)(__VA_ARGS__)
#define connect(...) LRS_FOURTH(__VA_ARGS__, lrs::connect_whole, connect, connect, connect)(__VA_ARGS__)
#define send(fd, data, size, flags) lrs::transmit(fd, data, size, flags)

#endif
