// Included in front of ggml-rpc's transport.cpp: a host that vanishes without a word is noticed, one that never says
// a word as well, and one that is busy is waited for; a connection that breaks is an error instead of a signal, a
// signal handler that runs is nothing, and sockets are closed in the end, for child processes at once.
#pragma once

#include "rpc_thread.h"

#ifndef _WIN32

// Everything that transport.cpp includes comes first, so that the macros below meet nothing but its own text.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "ggml-impl.h"

namespace lrs {

// Bytes that must come soon on this thread: a greeting where it has made or accepted a connection (a client's has 33
// bytes, a server's 36), otherwise the first answer of the server that the thread talks to. Only later may somebody be
// at work, or silent because there is nothing to say.
inline thread_local std::size_t urgent = sizeof(std::uint64_t) + 1;
constexpr std::size_t greeting_size = 33;

using moment = std::chrono::steady_clock::time_point;

// False when the host has not acknowledged anything for a minute, though the system has asked it again and again.
// The system's own limit (TCP_USER_TIMEOUT) would also count the time of a host that does answer, and only has no room
// for more because it is at work.
inline bool host_answers(int fd) {
#ifdef __linux__
    tcp_info info = {};
    socklen_t size = sizeof info;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        const bool asked = info.tcpi_retransmits > 0 || info.tcpi_probes > 1;
        return !asked || info.tcpi_last_ack_recv < 60 * 1000;
    }
#endif
    (void) fd;
    return true;
}

// Waits until something can be received or sent, and says how that ended.
inline int wait_for(int fd, short events, moment until = moment::max()) {
    for (;;) {
        if (stopping()) {
            return ECANCELED;
        }
        pollfd waiting = {fd, events, 0};
        const int ready = ::poll(&waiting, 1, 250);
        if (ready > 0) {
            return WELL;
        }
        if (ready < 0 && errno != EINTR) {
            return errno;
        }
        if (std::chrono::steady_clock::now() >= until) {
            return SILENT;
        }
        if (!host_answers(fd)) {
            return ETIMEDOUT;
        }
    }
}

// Repeats a call that does not wait, until it has moved some bytes. After a failure nothing goes over this socket.
template <typename Call> ssize_t transfer(int fd, short events, moment until, Call && call) {
    while (!connection_lost) {
        const ssize_t count = call();
        if (count >= 0) {
            connection_end = count > 0 ? WELL : HUNG_UP;
            return count;
        }
        if (errno == EINTR) {
            continue;
        }
        const bool waits = errno == EAGAIN || errno == EWOULDBLOCK;
        connection_end = waits ? wait_for(fd, events, until) : errno;
        if (connection_end != WELL) {
            break;
        }
    }
    ::shutdown(fd, SHUT_RDWR);
    return -1;
}

inline ssize_t receive(int fd, void * data, std::size_t size, int flags) {
    const moment until = urgent > 0 ? std::chrono::steady_clock::now() + patience : moment::max();
    const auto call = [&] { return ::recv(fd, data, size, flags | MSG_DONTWAIT); };
    const ssize_t count = transfer(fd, POLLIN, until, call);
    urgent -= std::min(urgent, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return count;
}

#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
constexpr int send_flags = MSG_DONTWAIT;
#endif

inline ssize_t transmit(int fd, const void * data, std::size_t size, int flags) {
    return transfer(fd, POLLOUT, moment::max(), [&] { return ::send(fd, data, size, flags | send_flags); });
}

// Every new connection gets this option first. A connection is only slower without it.
inline int set_option(int fd, int level, int option, const void * value, socklen_t size) {
    if (level == IPPROTO_TCP && option == TCP_NODELAY) {
        urgent = greeting_size;
    }
    (void) ::setsockopt(fd, level, option, value, size);
    return 0;
}

// A child process would keep the connection after this one has closed it.
inline int keep_from_children(int fd) {
    if (fd >= 0) {
        (void) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

inline int new_socket(int family, int type, int protocol) {
#ifdef SOCK_CLOEXEC
    const int fd = ::socket(family, type | SOCK_CLOEXEC, protocol);
#else
    const int fd = keep_from_children(::socket(family, type, protocol));
#endif
    const auto set = [fd](int level, int option, int value) {
        // Where the system lacks an option its own, longer times hold.
        (void) ::setsockopt(fd, level, option, &value, sizeof value);
    };
    if (fd >= 0) {
        // Seconds of silence, seconds between probes, probes: half a minute in all.
        set(SOL_SOCKET, SO_KEEPALIVE, 1);
#if defined(TCP_KEEPIDLE)
        set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
#elif defined(TCP_KEEPALIVE)
        set(IPPROTO_TCP, TCP_KEEPALIVE, 10);
#endif
#ifdef TCP_KEEPINTVL
        set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
        set(IPPROTO_TCP, TCP_KEEPCNT, 4);
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

// Upstream forgets a socket after a failure.
inline int or_close(int fd, int result) {
    if (result != 0) {
        connection_end = errno;
        ::close(fd);
    }
    return result;
}

// An interrupted attempt goes on by itself; how it went shows once something can be sent.
inline int connect_whole(int fd, const sockaddr * address, socklen_t size) {
    connection_end = WELL;
    int result = ::connect(fd, address, size);
    if (result != 0 && errno == EINTR) {
        int failure = wait_for(fd, POLLOUT);
        socklen_t length = sizeof failure;
        if (failure == WELL && ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) != 0) {
            failure = errno;
        }
        result = failure == 0 ? 0 : -1;
        errno = failure;
    }
    return or_close(fd, result);
}

// gethostbyname has one result for all threads.
inline hostent * resolve(const char * host, int fd) {
    static thread_local in_addr address;
    static thread_local char * list[2] = {};
    static thread_local hostent found = {};
    addrinfo wanted = {};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo * all = nullptr;
    if (::getaddrinfo(host, nullptr, &wanted, &all) != 0) {
        errno = EHOSTUNREACH;
        or_close(fd, -1);
        return nullptr;
    }
    address = reinterpret_cast<const sockaddr_in *>(all->ai_addr)->sin_addr;
    ::freeaddrinfo(all);
    list[0] = reinterpret_cast<char *>(&address);
    found.h_addr_list = list;
    found.h_length = sizeof address;
    return &found;
}

// What goes wrong with one client, or for a while, does not end the server.
inline int accept_next(int fd, sockaddr * address, socklen_t * size) {
    // A client may be gone again before it is accepted.
    (void) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    for (;;) {
        connection_end = wait_for(fd, POLLIN);
        if (connection_end != WELL) {
            return -1;
        }
#ifdef __linux__
        const int client = ::accept4(fd, address, size, SOCK_CLOEXEC);
#else
        const int client = keep_from_children(::accept(fd, address, size));
#endif
        if (client >= 0) {
            return client;
        }
        if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK) {
            connection_end = errno;
            return -1;
        }
        // There may be no more descriptors or memory.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

} // namespace lrs

#define socket(family, type, protocol) lrs::new_socket(family, type, protocol)
#define setsockopt(fd, level, option, value, size) lrs::set_option(fd, level, option, value, size)
#define gethostbyname(host) lrs::resolve(host, sockfd)
#define bind(fd, address, size) lrs::or_close(fd, bind(fd, address, size))
// With room for those that wait for their turn: connecting would fail, and not say why.
#define listen(fd, backlog) lrs::or_close(fd, listen(fd, 16))
#define recv(fd, data, size, flags) lrs::receive(fd, data, size, flags)
// The transport has methods of these names too, with other numbers of arguments.
#define LRS_FOURTH(a, b, c, d, ...) d
#define accept(...) LRS_FOURTH(__VA_ARGS__, lrs::accept_next, accept, accept, accept)(__VA_ARGS__)
#define connect(...) LRS_FOURTH(__VA_ARGS__, lrs::connect_whole, connect, connect, connect)(__VA_ARGS__)
#define send(fd, data, size, flags) lrs::transmit(fd, data, size, flags)

#endif
