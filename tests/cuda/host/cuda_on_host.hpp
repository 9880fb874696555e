// Just enough of CUDA to run, on the CPU, a kernel whose threads do not talk to each other.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#define __global__
#define __device__

inline float __int_as_float(int bits) {
    float number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}

using std::exp;
using std::log;
using std::sqrt;

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};
static dim3 gridDim, blockDim, blockIdx, threadIdx;

// A parameter's type by NumPy's name, with a star for pointers: "*f4", "i4".
template <typename T>
std::string type_name() {
    using Element = std::remove_cv_t<std::remove_pointer_t<T>>;
    std::string star = std::is_pointer_v<T> ? "*" : "";
    const char* kind = !std::is_integral_v<Element> ? "f" : std::is_signed_v<Element> ? "i" : "u";
    return star + kind + std::to_string(sizeof(Element));
}

template <typename... Parameters>
struct Kernel {
    using Function = void (*)(Parameters...);

    static std::string signature() {
        std::string text;
        ((text += type_name<Parameters>() + " "), ...);
        return text;
    }

    // As cuLaunchKernel: `arguments` points to the arguments.  The threads run one by one, the last first:
    // CUDA promises no order.
    static void launch(Function function, unsigned blocks, unsigned threads, void** arguments) {
        gridDim.x = blocks;
        blockDim.x = threads;
        for (unsigned block = blocks; block-- > 0;)
            for (unsigned thread = threads; thread-- > 0;) {
                blockIdx.x = block;
                threadIdx.x = thread;
                call(function, arguments, std::index_sequence_for<Parameters...>());
            }
    }

    template <std::size_t... I>
    static void call(Function function, void** arguments, std::index_sequence<I...>) {
        function(*static_cast<Parameters*>(arguments[I])...);
    }
};

template <typename... Parameters>
Kernel<Parameters...> kernel_type(void (*)(Parameters...));

#define EXPORT(name)                                                                                \
    extern "C" const char* signature_of_##name() {                                                  \
        static const std::string text = decltype(kernel_type(name))::signature();                   \
        return text.c_str();                                                                        \
    }                                                                                               \
    extern "C" void launch_##name(unsigned blocks, unsigned threads, void** arguments) {            \
        decltype(kernel_type(name))::launch(name, blocks, threads, arguments);                      \
    }
