// Compiled with the flags of one CPU variant: which instruction sets its objects may contain.
// A constant and no code, so reading it is safe on every processor.
#include "cpu_features.h"

extern "C" {
extern const std::uint64_t lrv_needs;
const std::uint64_t lrv_needs = 0
// A macro that is not defined stays its own name, which starts with an underscore.
#define FEATURE(name, macro, ...) | (std::uint64_t(LRS_IS_SET(macro)) << lrs::name)
#define LRS_IS_SET(macro) LRS_IS_SET_(macro)
#define LRS_IS_SET_(value) (#value[0] != '_')
#include "cpu_features.inc"
    ;
}
