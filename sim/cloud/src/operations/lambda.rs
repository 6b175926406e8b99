use crate::api::operation::{Operation, Resource};
use crate::flow::invocation;
use crate::state::CloudState;

/// The operations of Lambda.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<CloudState>; 5] = [
    Operation::reads("ListFunctions", Resource::Any, |state, _, input| state.lambda.list_functions(input)),
    Operation::reads("GetFunction", Resource::Any, |state, _, input| state.lambda.get_function(input)),
    Operation::reads("GetFunctionConfiguration", Resource::Any, |state, _, input| state.lambda.get_function_configuration(input)),
    Operation::adds("AddPermission", Resource::Any, |state, _, input| state.lambda.add_permission(input)),
    Operation::adds("Invoke", Resource::Function, invocation::invoke).action("lambda:InvokeFunction"),
];
