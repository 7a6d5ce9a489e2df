/* Makes the compiled functions of the other files importable as one extension module, which is how pip builds them.
 *
 * They are plain C and know nothing of Python: j2a/compiled/__init__.py calls them by ctypes, on NumPy's memory.
 */
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernels", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModule_Create(&module); }
