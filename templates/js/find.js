// Search, filters and sorting of the inputs.
function findInputs() {}
