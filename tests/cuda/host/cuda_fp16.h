// Stands in for CUDA's header of this name where kernels are compiled for the CPU.
#pragma once
typedef _Float16 __half;
