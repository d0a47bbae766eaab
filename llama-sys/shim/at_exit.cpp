// Threads may still compute while the process ends: nothing that they use is taken down before.
//
// C++ has the destructors of static objects run at the end, while such threads still read tables and registries. Their
// registration comes here instead (build/merge.rs renames it), and the system takes back all memory anyway.
extern "C" int lrs_at_exit(void (*)(void *), void *, void *) {
    return 0;
}
