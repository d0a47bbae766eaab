// Included in front of the files of the multimodal library: what a file lacks is an error, and what is printed goes
// to the log.
#pragma once

#include "to_log.h"

#include "graph_checks.h"
